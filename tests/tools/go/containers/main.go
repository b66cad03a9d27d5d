// Reads a compose file and a Dockerfile with Docker's own code, where no engine can run them.
//
//	containers COMPOSE-FILE DOCKERFILE
//
// What `docker compose config` would refuse, and what `docker build --check` would complain of, is a line on
// standard error each. The network is not used: a base image is taken to be there and to say nothing of itself.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/opencontainers/go-digest"
	"github.com/sirupsen/logrus"
)

type baseImages struct{}

func (baseImages) ResolveImageConfig(_ context.Context, name string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	return name, digest.FromString(name), []byte(`{"architecture":"amd64","os":"linux"}`), nil
}

// warnings keeps what compose merely logs.
type warnings struct{ lines []string }

func (*warnings) Levels() []logrus.Level { return logrus.AllLevels }

func (w *warnings) Fire(entry *logrus.Entry) error {
	w.lines = append(w.lines, entry.Message)
	return nil
}

func checkCompose(ctx context.Context, file string) ([]string, error) {
	logged := &warnings{}
	logrus.AddHook(logged)
	options, err := cli.NewProjectOptions([]string{file}, cli.WithWorkingDirectory(filepath.Dir(file)))
	if err != nil {
		return nil, err
	}
	// Validates by the specification's schema, and resolves what services say of one another.
	if _, err := options.LoadProject(ctx); err != nil {
		return nil, err
	}
	return logged.lines, nil
}

func checkDockerfile(ctx context.Context, file string) ([]string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var complaints []string
	_, _, _, _, err = dockerfile2llb.Dockerfile2LLB(ctx, text, dockerfile2llb.ConvertOpt{
		MetaResolver: baseImages{},
		AllStages:    true,
		Warn: func(rule, _, _, message string, _ []parser.Range) {
			complaints = append(complaints, rule+": "+message)
		},
	})
	return complaints, err
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: containers COMPOSE-FILE DOCKERFILE")
		os.Exit(2)
	}
	ctx, status := context.Background(), 0
	for number, check := range []func(context.Context, string) ([]string, error){checkCompose, checkDockerfile} {
		file := os.Args[number+1]
		complaints, err := check(ctx, file)
		if err != nil {
			complaints = append(complaints, err.Error())
		}
		for _, complaint := range complaints {
			fmt.Fprintf(os.Stderr, "%s: %s\n", file, complaint)
			status = 1
		}
	}
	os.Exit(status)
}
