package fakegithub

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
)

// newKey makes an App's private key, and its PEM form.
func newKey() (key *rsa.PrivateKey, pemText string) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(fmt.Sprintf("fakegithub: generate the key of an App: %v", err)) // only without randomness
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
}

// newSecret makes a webhook secret.
func newSecret() string {
	secret := make([]byte, 20)
	_, _ = rand.Read(secret) // never fails
	return hex.EncodeToString(secret)
}

// RotateKey gives the App another private key; the one of before is deleted. Tokens
// that were minted stay good.
func (g *GitHub) RotateKey(app *App) {
	key, pemText := newKey()
	defer g.lock()()
	app.key, app.PrivateKeyPEM = &key.PublicKey, pemText
}

// RotateWebhookSecret has deliveries signed with another secret from now on.
func (g *GitHub) RotateWebhookSecret(app *App) {
	defer g.lock()()
	app.WebhookSecret = newSecret()
}
