package localcloud_test

import (
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/plldb/plldb/pkg/localcloud"
)

func TestTheKeyOfAStateStays(t *testing.T) {
	state := filepath.Join(t.TempDir(), "state")
	keys := make([]string, 8)
	var wait sync.WaitGroup
	for i := range keys {
		wait.Go(func() {
			key, err := localcloud.Key(state)
			mustDo(t, err)
			keys[i] = key
		})
	}
	wait.Wait()
	for _, key := range keys {
		if key != keys[0] || len(key) < 25 {
			t.Errorf("%q beside %q", key, keys[0])
		}
	}
	if other, err := localcloud.Key(t.TempDir()); err != nil || other == keys[0] {
		t.Errorf("another folder has %q, %v", other, err)
	}
	left, err := os.ReadDir(state)
	mustDo(t, err)
	if len(left) != 1 {
		t.Errorf("the folder holds %v", left)
	}
	info, err := left[0].Info()
	mustDo(t, err)
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the key may be read by others: %v", info.Mode())
	}
}

func TestAFileThatHoldsNoKeyIsNotUsed(t *testing.T) {
	state := t.TempDir()
	mustDo(t, os.WriteFile(filepath.Join(state, "key"), []byte("\n"), 0o600))
	if key, err := localcloud.Key(state); err == nil {
		t.Errorf("got %q", key)
	}
}

func TestWithAKeyNobodyElseIsKnown(t *testing.T) {
	leavesNothing(t)
	_, cfg := serve(t, localcloud.Options{Key: "PLLDBKEYPLLDBKEY", Accounts: map[string]string{"AKIDB": "111111111111"}})
	for key, want := range map[string]string{
		"PLLDBKEYPLLDBKEY": localcloud.Account, "AKIDB": "111111111111", "PLLDBKEYPLLDBKEZ": "", "AKID": "",
	} {
		cfg.Credentials = credentials.NewStaticCredentialsProvider(key, "secret", "")
		me, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
		if (err == nil) != (want != "") || err == nil && *me.Account != want {
			t.Errorf("%s: %v, %v", key, me, err)
		}
	}
}
