/**
 * A certificate for loopback addresses, with its private key, for clients that speak nothing but https.
 *
 * Exists because the stock Facebook adapter can call no other kind of address. Both are public and worth nothing: they
 * prove only "this is 127.0.0.1, ::1 or localhost", to a process that trusts them.
 */

/**
 * For the option `tls` of the simulator. Valid until the end of the century. The bot's process must trust it:
 * `NODE_EXTRA_CA_CERTS=<a file with cert>`.
 */
export const throwAwayCertificate: { readonly key: string; readonly cert: string } = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgpzDmKov8ZJGc8tvT
I4TYkWOej2AH+0txrRdciYYmGhehRANCAAST4FdVmAkezqVaqn/15xTRZcxuestt
Vw2GqNCQ210N9RSKieSd3eHIh4APoWm5kvSbUmap4SmjcT9kWP96nd9t
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIB9TCCAZugAwIBAgIFSiucbQEwCgYIKoZIzj0EAwIwRzESMBAGA1UEAwwJbG9j
YWxob3N0MTEwLwYDVQQKDChQdWJsaWMgdGhyb3ctYXdheSBjZXJ0aWZpY2F0ZSwg
d29ydGhsZXNzMCAXDTIwMDEwMTAwMDAwMFoYDzIwOTkxMjMxMjM1OTU5WjBHMRIw
EAYDVQQDDAlsb2NhbGhvc3QxMTAvBgNVBAoMKFB1YmxpYyB0aHJvdy1hd2F5IGNl
cnRpZmljYXRlLCB3b3J0aGxlc3MwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAST
4FdVmAkezqVaqn/15xTRZcxuesttVw2GqNCQ210N9RSKieSd3eHIh4APoWm5kvSb
Umap4SmjcT9kWP96nd9to3IwcDAsBgNVHREEJTAjhwR/AAABhxAAAAAAAAAAAAAA
AAAAAAABgglsb2NhbGhvc3QwDAYDVR0TAQH/BAIwADATBgNVHSUEDDAKBggrBgEF
BQcDATAdBgNVHQ4EFgQUe8NhexEB38Xt/YJct5ASMvcv2FwwCgYIKoZIzj0EAwID
SAAwRQIgS855VqB5L/eVVwOnuiJ7U1s4YpCJHHz46LBJoLHWk4kCIQCx2MkbHQh4
+ofdrwNSx0/8vlJhtoy7dzsSHsNm6SOlsg==
-----END CERTIFICATE-----
`,
};
