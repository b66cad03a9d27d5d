package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/dir"
	"github.com/notaryproject/notation-go/plugin"
	"github.com/notaryproject/notation-go/signer"
)

var mediaTypes = map[string]string{"jws": "application/jose+json", "cose": "application/cose"}

// settings are a plugin's configuration, as its flag is repeated.
type settings map[string]string

func (s settings) String() string { return "" }

func (s settings) Set(setting string) error {
	key, value, found := strings.Cut(setting, "=")
	if !found || key == "" || value == "" {
		return fmt.Errorf("%q is not KEY=VALUE", setting)
	}
	s[key] = value
	return nil
}

func runSign(ctx context.Context, words []string) error {
	config := settings{}
	flags := flag.NewFlagSet("sign", flag.ContinueOnError)
	name := flags.String("plugin", "", "the plugin's `name`")
	id := flags.String("id", "", "the key's `id`")
	format := flags.String("signature-format", "jws", "jws or cose")
	expiry := flags.Duration("expiry", 0, "how long the signature is valid")
	mediaType := flags.String("media-type", "application/octet-stream", "media type of the blob")
	directory := flags.String("signature-directory", ".", "where the signature goes")
	flags.Var(config, "plugin-config", "`KEY=VALUE` for the plugin")
	if err := flags.Parse(words); err != nil {
		return err
	}
	if flags.NArg() != 1 || mediaTypes[*format] == "" {
		return errors.New("one blob has to be named, and a format that is known")
	}
	signature, err := sign(ctx, flags.Arg(0), *name, *id, *mediaType, notation.SignerSignOptions{
		SignatureMediaType: mediaTypes[*format],
		ExpiryDuration:     expiry.Round(time.Second),
		PluginConfig:       config,
	})
	if err != nil {
		return err
	}
	path := filepath.Join(*directory, filepath.Base(flags.Arg(0))+"."+*format+".sig")
	if err := os.WriteFile(path, signature, 0o600); err != nil {
		return err
	}
	fmt.Println("Successfully signed", flags.Arg(0))
	fmt.Println("Signature file written to", path)
	return nil
}

func sign(ctx context.Context, path, name, id, mediaType string, options notation.SignerSignOptions) ([]byte, error) {
	installed, err := plugin.NewCLIManager(dir.PluginFS()).Get(ctx, name)
	if err != nil {
		return nil, err
	}
	blobSigner, err := signer.NewPluginSigner(installed, id, nil)
	if err != nil {
		return nil, err
	}
	blob, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	blobOptions := notation.SignBlobOptions{SignerSignOptions: options, ContentMediaType: mediaType}
	signature, _, err := notation.SignBlob(ctx, blobSigner, blob, blobOptions)
	return signature, err
}
