/** A certificate and keys for tests of what nano.json names; nobody trusts them, and nothing else uses them. */

/** For nano.test, by its own key. */
export const CERT = `-----BEGIN CERTIFICATE-----
MIIBgDCCASWgAwIBAgIUZCjG36uHvITwLqXlnrinGmfkSDMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbmFuby50ZXN0MCAXDTI2MTEzMDA5MjY0MloYDzIxMjYxMTA2
MDkyNjQyWjAUMRIwEAYDVQQDDAluYW5vLnRlc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARCstZYVJ0PDO/6O1XGAhlHkgMmArsGtUoe7x+AcQbxNJM6BkS+31gE
H/kMjO1AGLGzHy+3SdWGRIOldSg9qzmFo1MwUTAdBgNVHQ4EFgQUzOW4dVO86sdK
O6iMv+WkrbJ7xtgwHwYDVR0jBBgwFoAUzOW4dVO86sdKO6iMv+WkrbJ7xtgwDwYD
VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAgN/oZAMihEw3UywwVPTO
c7VL06dKI90koLvgEQLGNpQCIQCQQxdcxN25chTV3wVE6oUXnru7ZavLzb97H+Im
zdgLeA==
-----END CERTIFICATE-----
`;

/** The certificate's. */
export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgPCEjQkz/C1xNGtj0
uZdex+KUP4A/uzkcOmP/p6lUO0+hRANCAARCstZYVJ0PDO/6O1XGAhlHkgMmArsG
tUoe7x+AcQbxNJM6BkS+31gEH/kMjO1AGLGzHy+3SdWGRIOldSg9qzmF
-----END PRIVATE KEY-----
`;

/** Of no certificate. */
export const OTHER_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmQBLcBiLJHAQ+z5H
zPRA1rwcT5pqhxkdfrMi7KCYJquhRANCAATG6Pmju/FiRztsLJ2ah7LlrsRQihLu
SwPrLJIe3NMVf+Z9JE2P+R3Vz/c/+bcCUPdD0Yimlqb9BcEADqBkk6LY
-----END PRIVATE KEY-----
`;
