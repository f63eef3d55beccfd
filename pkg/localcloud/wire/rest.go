package wire

import (
	"context"
	"maps"
	"net/http"
	"slices"
)

// REST is a service that speaks REST-JSON (Lambda, API Gateway): the operation in the method and the path, JSON in and
// out. https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
type REST struct {
	Name   string // the service's, for people: "API Gateway"
	Wrong  string // the code with which a strange parameter is refused: "BadRequestException"
	Routes []Route
}

// Route is one operation of a REST service.
type Route struct {
	Operation, Method string
	Path              string   // "{Name}" is a label: see Labels
	Status            int      // of success
	Query             []string // the parameters that the operation knows. Any other is refused.
	Do                RESTOperation
}

// RESTOperation answers with a value that encoding/json writes, with a File, or with nil, which is an answer without a
// body. named is what stands for the labels of the path.
type RESTOperation func(ctx context.Context, c *Call, named map[string]string) (any, error)

// File is an answer that is not JSON, or not the route's one.
type File struct {
	Status      int         // 0 is the route's
	Header      http.Header // what else the answer carries; may be nil
	ContentType string      // "" for an answer without a body
	Data        []byte
}

// match finds the route of a call, and what its labels stand for.
func (s *REST) match(c *Call) (Route, map[string]string, bool) {
	for _, r := range s.Routes {
		if named, ok := Labels(r.Path, c.URL); ok && r.Method == c.Method {
			return r, named, true
		}
	}
	return Route{}, nil, false
}

// Operation is what the method and the path name.
func (s *REST) Operation(c *Call) (string, error) {
	r, _, ok := s.match(c)
	if !ok {
		return "", Unmodelled("UnknownOperationException", "%s's %s %s", s.Name, c.Method, c.URL.Path)
	}
	if c.AccessKey == "" {
		return r.Operation, Errorf(http.StatusForbidden, "MissingAuthenticationTokenException",
			"Missing Authentication Token")
	}
	return r.Operation, nil
}

// Serve calls the operation.
func (s *REST) Serve(ctx context.Context, w http.ResponseWriter, c *Call) error {
	r, named, _ := s.match(c) // Operation has found it
	for _, name := range slices.Sorted(maps.Keys(c.URL.Query())) {
		if !slices.Contains(r.Query, name) {
			return Unmodelled(s.Wrong, "the parameter %s of %s", name, c.Operation)
		}
	}
	answer, err := r.Do(ctx, c, named)
	if err != nil {
		return err
	}
	file, isFile := answer.(File)
	if answer != nil && !isFile {
		return WriteJSON(w, c, r.Status, "application/json", answer)
	}
	file.write(w, c, r.Status)
	return nil
}

// write answers with the file, or without a body.
func (f File) write(w http.ResponseWriter, c *Call, status int) {
	maps.Copy(w.Header(), f.Header)
	if f.ContentType != "" {
		w.Header().Set("Content-Type", f.ContentType)
	}
	if f.Status != 0 {
		status = f.Status
	}
	w.Header().Set("x-amzn-RequestId", c.ID)
	w.WriteHeader(status)
	_, _ = w.Write(f.Data) // the client gets it, or is gone
}

// Refuse writes the error.
func (s *REST) Refuse(w http.ResponseWriter, c *Call, e *Error) {
	s.RefuseAs(w, c, e, map[string]string{"message": e.Message})
}

// RefuseAs writes the error with a body of the service's own.
func (*REST) RefuseAs(w http.ResponseWriter, c *Call, e *Error, body any) {
	e.writeHeader(w)
	w.Header().Set("x-amzn-ErrorType", e.Code)
	_ = WriteJSON(w, c, e.Status, "application/json", body) // the client is told, or is gone
}
