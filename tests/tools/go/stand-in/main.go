// A stand-in for AWS's notation plugin on machines that cannot install it: the same name, the same AWS SDK and the
// same two API calls behind the Notary Project plugin contract 1.0. It judges Hallmark a little less well, since it
// is not the stranger itself; the test report says when it was used.
package main

import (
	"context"
	"crypto/sha512"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/signer"
	"github.com/aws/smithy-go"
)

const (
	name             = "com.amazonaws.signer.notation.plugin"
	platform         = "Notation-OCI-SHA384-ECDSA"
	jws              = "application/jose+json"
	envelopes        = "SIGNATURE_GENERATOR.ENVELOPE"
	trustedIdentity  = "SIGNATURE_VERIFIER.TRUSTED_IDENTITY"
	revocationCheck  = "SIGNATURE_VERIFIER.REVOCATION_CHECK"
	profileAttribute = "com.amazonaws.signer.signingProfileVersion"
	jobAttribute     = "com.amazonaws.signer.signingJob"
)

type metadata struct {
	Name                      string   `json:"name"`
	Description               string   `json:"description"`
	Version                   string   `json:"version"`
	URL                       string   `json:"url"`
	SupportedContractVersions []string `json:"supportedContractVersions"`
	Capabilities              []string `json:"capabilities"`
}

type signRequest struct {
	KeyID                 string            `json:"keyId"`
	PayloadType           string            `json:"payloadType"`
	SignatureEnvelopeType string            `json:"signatureEnvelopeType"`
	Payload               []byte            `json:"payload"`
	PluginConfig          map[string]string `json:"pluginConfig"`
}

type signResponse struct {
	SignatureEnvelope     []byte            `json:"signatureEnvelope"`
	SignatureEnvelopeType string            `json:"signatureEnvelopeType"`
	Annotations           map[string]string `json:"annotations,omitempty"`
}

type verifyRequest struct {
	Signature struct {
		CriticalAttributes struct {
			AuthenticSigningTime time.Time      `json:"authenticSigningTime"`
			ExtendedAttributes   map[string]any `json:"extendedAttributes"`
		} `json:"criticalAttributes"`
		CertificateChain [][]byte `json:"certificateChain"`
	} `json:"signature"`
	TrustPolicy struct {
		TrustedIdentities     []string `json:"trustedIdentities"`
		SignatureVerification []string `json:"signatureVerification"`
	} `json:"trustPolicy"`
	PluginConfig map[string]string `json:"pluginConfig"`
}

type result struct {
	Success bool   `json:"success"`
	Reason  string `json:"reason"`
}

type verifyResponse struct {
	VerificationResults map[string]result `json:"verificationResults"`
	ProcessedAttributes []string          `json:"processedAttributes"`
}

func main() {
	answer, err := run(context.Background(), os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(answer)
	}
	if err != nil {
		_ = json.NewEncoder(os.Stderr).Encode(map[string]string{"errorCode": code(err), "errorMessage": sentence(err)})
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) (any, error) {
	if len(arguments) != 1 {
		return nil, errors.New("exactly one command is expected")
	}
	switch arguments[0] {
	case "get-plugin-metadata":
		return metadata{
			Name: name, Description: "stand-in", Version: "0.0.1", URL: "https://signer.hallmark.test",
			SupportedContractVersions: []string{"1.0"},
			Capabilities:              []string{envelopes, trustedIdentity, revocationCheck},
		}, nil
	case "generate-envelope":
		var request signRequest
		if err := json.NewDecoder(os.Stdin).Decode(&request); err != nil {
			return nil, err
		}
		return sign(ctx, request)
	case "verify-signature":
		var request verifyRequest
		if err := json.NewDecoder(os.Stdin).Decode(&request); err != nil {
			return nil, err
		}
		return verify(ctx, request)
	}
	return nil, fmt.Errorf("%s is not supported", arguments[0])
}

// client asks the endpoint of the plugin's configuration; the SDK puts its host prefix before that name.
func client(ctx context.Context, settings map[string]string) (*signer.Client, error) {
	loaded, err := config.LoadDefaultConfig(ctx, config.WithRegion(settings["aws-region"]))
	if err != nil {
		return nil, err
	}
	return signer.NewFromConfig(loaded, func(options *signer.Options) {
		if endpoint := settings["aws-signer-endpoint-url"]; endpoint != "" {
			options.BaseEndpoint = aws.String(endpoint)
		}
	}), nil
}

func sign(ctx context.Context, request signRequest) (any, error) {
	if request.SignatureEnvelopeType != jws {
		return nil, fmt.Errorf("envelope type %q is not supported", request.SignatureEnvelopeType)
	}
	profile, err := arn.Parse(request.KeyID)
	if err != nil {
		return nil, err
	}
	api, err := client(ctx, request.PluginConfig)
	if err != nil {
		return nil, err
	}
	answer, err := api.SignPayload(ctx, &signer.SignPayloadInput{
		Payload:       request.Payload,
		PayloadFormat: aws.String(request.PayloadType),
		ProfileName:   aws.String(strings.TrimPrefix(profile.Resource, "/signing-profiles/")),
		ProfileOwner:  aws.String(profile.AccountID),
	})
	if err != nil {
		return nil, err
	}
	return signResponse{answer.Signature, request.SignatureEnvelopeType, answer.Metadata}, nil
}

func verify(ctx context.Context, request verifyRequest) (any, error) {
	attributes := request.Signature.CriticalAttributes.ExtendedAttributes
	profile, hasProfile := attributes[profileAttribute].(string)
	job, hasJob := attributes[jobAttribute].(string)
	if !hasProfile || !hasJob {
		return nil, errors.New("the signature does not name its profile version and job")
	}
	results := map[string]result{}
	for _, capability := range request.TrustPolicy.SignatureVerification {
		switch capability {
		case trustedIdentity:
			results[capability] = identity(profile, request.TrustPolicy.TrustedIdentities)
		case revocationCheck:
			results[capability] = revocation(ctx, request, profile, job)
		}
	}
	return verifyResponse{results, []string{profileAttribute, jobAttribute}}, nil
}

// identity trusts a profile version's own ARN and its profile's.
func identity(version string, trusted []string) result {
	for _, candidate := range trusted {
		if candidate == version || candidate == path.Dir(version) {
			return result{true, "trusted as " + candidate}
		}
	}
	return result{false, version + " does not match any trusted identities"}
}

func revocation(ctx context.Context, request verifyRequest, profile, job string) result {
	hashes, err := certificateHashes(request.Signature.CertificateChain)
	if err != nil {
		return result{false, err.Error()}
	}
	api, err := client(ctx, request.PluginConfig)
	if err != nil {
		return result{false, err.Error()}
	}
	answer, err := api.GetRevocationStatus(ctx, &signer.GetRevocationStatusInput{
		CertificateHashes:  hashes,
		JobArn:             aws.String(job),
		PlatformId:         aws.String(platform),
		ProfileVersionArn:  aws.String(profile),
		SignatureTimestamp: aws.Time(request.Signature.CriticalAttributes.AuthenticSigningTime),
	})
	if err != nil {
		return result{false, "GetRevocationStatus call failed: " + err.Error()}
	}
	if len(answer.RevokedEntities) > 0 {
		return result{false, strings.Join(answer.RevokedEntities, ", ") + " have been revoked"}
	}
	return result{true, "nothing is revoked"}
}

// certificateHashes gives SHA-384 of each certificate's TBS part followed by that of its issuer's.
func certificateHashes(chain [][]byte) ([]string, error) {
	parts := make([]string, len(chain))
	for i, der := range chain {
		certificate, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, err
		}
		parts[i] = fmt.Sprintf("%x", sha512.Sum384(certificate.RawTBSCertificate))
	}
	hashes := make([]string, len(parts))
	for i := range parts {
		hashes[i] = parts[i] + parts[min(i+1, len(parts)-1)]
	}
	return hashes, nil
}

func code(err error) string {
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		return "ERROR"
	}
	switch refused.ErrorCode() {
	case "AccessDeniedException":
		return "ACCESS_DENIED"
	case "ThrottlingException":
		return "THROTTLED"
	case "ResourceNotFoundException", "ValidationException":
		return "VALIDATION_ERROR"
	}
	return "ERROR"
}

func sentence(err error) string {
	var refused smithy.APIError
	if errors.As(err, &refused) {
		return refused.ErrorCode() + ": " + refused.ErrorMessage()
	}
	return err.Error()
}
