package rollout

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"

	"github.com/plldb/plldb/pkg/archive"
	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/compile"
	"github.com/plldb/plldb/pkg/render"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
	"github.com/plldb/plldb/pkg/store"
)

// Build compiles the functions. Where they came with plldb there is nothing to compile, and no binaries.
func (r *Run) Build(ctx context.Context) ([]artifact.Binary, error) {
	return r.binaries.get(func() ([]artifact.Binary, error) {
		src, err := r.source.get(r.findSource)
		if err != nil || src.packed != nil {
			return nil, err
		}
		c := compile.Compiler{Root: src.root, Out: src.binariesDir(), Platform: r.platform()}
		return work(r, report.Build, func() ([]artifact.Binary, error) { return c.Build(ctx) },
			func(b []artifact.Binary) string { return count(len(b), "function") })
	})
}

// platform is what the functions run on.
func (r *Run) platform() compile.Platform {
	if r.settings.Local != "" {
		return compile.Host()
	}
	return compile.Lambda()
}

// Zip packs the functions, or takes the archives that came with plldb.
func (r *Run) Zip(ctx context.Context) ([]artifact.Archive, error) {
	return r.archives.get(func() ([]artifact.Archive, error) {
		binaries, err := r.Build(ctx)
		if err != nil {
			return nil, err
		}
		src, err := r.source.get(r.findSource)
		if err != nil {
			return nil, err
		}
		return work(r, report.Zip, func() ([]artifact.Archive, error) { return r.zip(ctx, src, binaries) }, sumArchives)
	})
}

func (r *Run) zip(ctx context.Context, src source, binaries []artifact.Binary) ([]artifact.Archive, error) {
	if src.packed != nil {
		for _, a := range src.packed {
			r.packed(a)
		}
		return src.packed, nil
	}
	return archive.Zipper{Dir: src.archivesDir(r.settings.Dist)}.Zip(ctx, binaries, r.packed)
}

func (r *Run) packed(a artifact.Archive) {
	r.sink.Tell(report.Packed{Function: a.Name, Size: a.Size, Digest: a.Digest.String(), Reused: a.Reused})
}

// Upload brings the bucket to its state and sends the archives that it does not hold.
func (r *Run) Upload(ctx context.Context) ([]artifact.Object, error) {
	return r.objects.get(func() ([]artifact.Object, error) {
		plan, err := r.Plan(ctx)
		if err != nil {
			return nil, err
		}
		if err := r.confirm(ctx, plan); err != nil {
			return nil, err
		}
		return work(r, report.Upload, func() ([]artifact.Object, error) { return r.upload(ctx, plan) }, sumObjects)
	})
}

func (r *Run) upload(ctx context.Context, plan Plan) ([]artifact.Object, error) {
	bucket, err := r.bucket(ctx)
	if err != nil {
		return nil, err
	}
	fresh, err := bucket.Apply(ctx, plan.Bucket)
	if err != nil {
		return nil, err
	}
	r.fresh.Store(fresh)

	objects := make([]artifact.Object, len(plan.Uploads))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for i, u := range plan.Uploads {
		group.Go(func() (err error) {
			objects[i], err = r.send(ctx, bucket, u, fresh)
			return err
		})
	}
	return objects, group.Wait()
}

// send uploads one archive, unless the bucket holds it.
func (r *Run) send(ctx context.Context, bucket *store.Store, u Upload, fresh bool) (artifact.Object, error) {
	object, err := u.object(r.bucketName()), error(nil)
	if u.Version == "" {
		object, err = bucket.PutArchive(ctx, u.Archive, u.Key, fresh)
	}
	if err != nil {
		return artifact.Object{}, r.unsent(err)
	}
	r.sink.Tell(report.Sent{Key: object.Key, VersionID: object.VersionID, Size: object.Size, Uploaded: object.Uploaded})
	return object, nil
}

// unsent forgets what was packed when it is found to be damaged: nothing but its digest would tell the next run.
func (r *Run) unsent(err error) error {
	src, _ := r.source.peek()
	if !errors.Is(err, store.ErrChanged) || src.packed != nil {
		return err
	}
	return errors.Join(err, archive.Zipper{Dir: src.archivesDir(r.settings.Dist)}.Forget())
}

// Render fills the template with the objects, and sends it if the plan says so.
func (r *Run) Render(ctx context.Context) (artifact.Template, error) {
	return r.template.get(func() (artifact.Template, error) {
		objects, err := r.Upload(ctx)
		if err != nil {
			return artifact.Template{}, err
		}
		return work(r, report.Render, func() (artifact.Template, error) { return r.render(ctx, objects) }, sumTemplate)
	})
}

func (r *Run) render(ctx context.Context, objects []artifact.Object) (artifact.Template, error) {
	plan, err := r.Plan(ctx)
	if err != nil {
		return artifact.Template{}, err
	}
	text := plan.Template.Text
	if text == nil {
		src, err := r.source.get(r.findSource)
		if err != nil {
			return artifact.Template{}, err
		}
		if text, err = render.Render(src.template, values(r.bucketName(), objects)); err != nil {
			return artifact.Template{}, err
		}
	}
	if err := r.keep(text); err != nil {
		return artifact.Template{}, err
	}
	return r.sendTemplate(ctx, plan, text)
}

// keep leaves the rendered template in the folder that the settings name.
func (r *Run) keep(text []byte) error {
	if r.settings.Dist == "" {
		return nil
	}
	if err := os.MkdirAll(r.settings.Dist, 0o755); err != nil {
		return fmt.Errorf("keeping the rendered template: %w", err)
	}
	if err := os.WriteFile(filepath.Join(r.settings.Dist, "template.yaml"), text, 0o644); err != nil {
		return fmt.Errorf("keeping the rendered template: %w", err)
	}
	return nil
}

func (r *Run) sendTemplate(ctx context.Context, plan Plan, text []byte) (artifact.Template, error) {
	bucket, err := r.bucket(ctx)
	if err != nil {
		return artifact.Template{}, err
	}
	key := artifact.TemplateKey(artifact.Version)
	if plan.Template.Put {
		t, err := bucket.PutTemplate(ctx, text, key, false)
		if err != nil {
			return artifact.Template{}, err
		}
		r.sink.Tell(report.Sent{Key: t.Key, VersionID: t.VersionID, Size: int64(len(text)), Uploaded: true})
		return t, nil
	}
	seen, err := r.Look(ctx)
	if err != nil {
		return artifact.Template{}, err
	}
	t := artifact.Template{Text: text, Bucket: seen.Bucket.Name, Key: key, VersionID: seen.Store.Newest[key].ID}
	t.URL, err = bucket.TemplateURL(ctx, key, t.VersionID)
	return t, err
}

// Deploy brings the stack to the rendered template.
func (r *Run) Deploy(ctx context.Context) (stack.Result, error) {
	return r.finish(func() (ending, error) {
		template, err := r.Render(ctx)
		if err != nil {
			return ending{}, err
		}
		result, err := work(r, report.Deploy, func() (stack.Result, error) { return r.deploy(ctx, template) }, sumStack)
		return ending{command: Setup, result: result}, err
	})
}

func (r *Run) deploy(ctx context.Context, template artifact.Template) (stack.Result, error) {
	seen, err := r.Look(ctx)
	if err != nil {
		return stack.Result{}, err
	}
	src, err := r.source.get(r.findSource)
	if err != nil {
		return stack.Result{}, err
	}
	plan, err := r.Plan(ctx)
	if err != nil {
		return stack.Result{}, err
	}
	want := wanted(template.Text, src.template, r.settings.Tags)
	want.Review, want.Agree, want.Planned = r.reviewer(), r.agreer(), plan.Stack.Action
	want.Stale = len(plan.Writes()) > 0 // by now it has uploaded what it plans, and asked about it
	want.URL = func(context.Context) (string, error) { return template.URL, nil }
	want.JustVersioned = r.fresh.Load()
	session, err := r.account(ctx)
	if err != nil {
		return stack.Result{}, err
	}
	return r.stack(session).Deploy(ctx, seen.Stack, want, r.settings.Consents)
}

// bucket is the store of this run's bucket, which is known once the account is.
func (r *Run) bucket(ctx context.Context) (*store.Store, error) {
	who, err := r.WhoAmI(ctx)
	if err != nil {
		return nil, err
	}
	session, err := r.account(ctx)
	if err != nil {
		return nil, err
	}
	return r.store(session, bucketOf(who)), nil
}

// bucketName is "" as long as the account is not known.
func (r *Run) bucketName() string {
	who, ok := r.identity.peek()
	if !ok {
		return ""
	}
	return bucketOf(who).Name
}
