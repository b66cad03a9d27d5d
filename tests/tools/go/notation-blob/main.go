// notation-blob is `notation blob sign` and `notation blob verify` of notation 2 on machines that cannot get these
// commands: the same flags and the same library, notation-go at the commit that notation 2 has on its main branch.
// Envelopes, plugins, verification, trust policy, trust stores and revocation are the library's; nothing here writes or
// judges a signature.
//
//	notation-blob sign --plugin NAME --id KEY [--plugin-config KEY=VALUE …] [--signature-format jws|cose] [--expiry TIME]
//	    [--media-type TYPE] [--signature-directory DIRECTORY] FILE
//	notation-blob verify --signature FILE.jws.sig|FILE.cose.sig [--media-type TYPE] [--policy-name NAME] FILE
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/notaryproject/notation-go"
	"github.com/notaryproject/notation-go/verifier"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, words []string) error {
	switch {
	case len(words) > 0 && words[0] == "sign":
		return runSign(ctx, words[1:])
	case len(words) > 0 && words[0] == "verify":
		return runVerify(ctx, words[1:])
	default:
		return errors.New("the commands are sign and verify")
	}
}

func runVerify(ctx context.Context, words []string) error {
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	signature := flags.String("signature", "", "the signature `file`")
	mediaType := flags.String("media-type", "", "media type that the blob has to have")
	policy := flags.String("policy-name", "", "statement of the trust policy; the global one unless given")
	if err := flags.Parse(words); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("one blob has to be named")
	}
	return verify(ctx, flags.Arg(0), *signature, *mediaType, *policy)
}

func verify(ctx context.Context, path, signaturePath, mediaType, policy string) error {
	envelopeType, err := envelopeTypeOf(signaturePath)
	if err != nil {
		return err
	}
	signature, err := os.ReadFile(signaturePath)
	if err != nil {
		return err
	}
	blob, err := os.Open(path)
	if err != nil {
		return err
	}
	defer blob.Close()
	judge, err := verifier.NewBlobVerifierFromConfig()
	if err != nil {
		return err
	}
	options := notation.VerifyBlobOptions{
		BlobVerifierVerifyOptions: notation.BlobVerifierVerifyOptions{
			SignatureMediaType: envelopeType,
			TrustPolicyName:    policy,
		},
		ContentMediaType: mediaType,
	}
	if _, _, err := notation.VerifyBlob(ctx, judge, blob, signature, options); err != nil {
		return fmt.Errorf("signature verification failed: %w", err)
	}
	fmt.Println("Successfully verified signature for", path)
	return nil
}

// envelopeTypeOf tells the format by the file's name, as notation does.
func envelopeTypeOf(path string) (string, error) {
	switch name := strings.ToLower(filepath.Base(path)); {
	case strings.HasSuffix(name, ".jws.sig"):
		return "application/jose+json", nil
	case strings.HasSuffix(name, ".cose.sig"):
		return "application/cose", nil
	default:
		return "", fmt.Errorf("%s is named neither .jws.sig nor .cose.sig", name)
	}
}
