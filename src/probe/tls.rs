//! TLS settings, and the failure class of each certificate or handshake error.
//!
//! Trust comes from the system (`SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured where the system has them).
//! Nothing is trusted that the system does not trust; errors are only classified.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::observation::FailureClass;

/// A certificate that is its own issuer and that no trust root signed.
#[derive(Debug, thiserror::Error)]
#[error("the certificate is signed by itself")]
struct SelfSigned;

/// The system's verifier, which also distinguishes self-signed certificates from other untrusted ones.
#[derive(Debug)]
struct ClassifyingVerifier {
    system: Verifier,
}

impl ServerCertVerifier for ClassifyingVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.system.verify_server_cert(end_entity, intermediates, name, ocsp_response, now);
        verified.map_err(|error| match &error {
            Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_))
                if names_itself(end_entity) =>
            {
                Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(SelfSigned))))
            }
            _ => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.system.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.system.supported_verify_schemes()
    }
}

/// The TLS settings of every connection to a page: ring, the system's trust, HTTP/2 offered before HTTP/1.1.
/// The process needs no default provider for it. Fails where the system trusts no certificate authority.
pub fn config() -> Result<ClientConfig, Error> {
    let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
    let verifier = ClassifyingVerifier { system: Verifier::new(Arc::clone(&provider))? };
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The failure class of a rustls error.
pub fn class(error: &Error) -> FailureClass {
    let Error::InvalidCertificate(certificate) = error else { return FailureClass::TlsHandshake };
    match certificate {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => FailureClass::TlsExpired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => FailureClass::TlsNotYetValid,
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            FailureClass::TlsWrongHost
        }
        CertificateError::Other(OtherError(other)) if other.is::<SelfSigned>() => FailureClass::TlsSelfSigned,
        _ => FailureClass::TlsUntrusted,
    }
}

/// Whether issuer and subject of a certificate are the same name (RFC 5280, 4.1: `tbsCertificate` contains
/// version, serial number, algorithm, issuer, validity, subject in this order).
fn names_itself(certificate: &[u8]) -> bool {
    fn read(certificate: &[u8]) -> Option<bool> {
        let (_, outer, _) = element(certificate)?;
        let (_, mut rest, _) = element(outer)?;
        if let Some((0xa0, _, after)) = element(rest) {
            rest = after;
        }
        let (_, _, rest) = element(rest)?;
        let (_, _, rest) = element(rest)?;
        let (_, issuer, rest) = element(rest)?;
        let (_, _, rest) = element(rest)?;
        let (_, subject, _) = element(rest)?;
        Some(issuer == subject)
    }
    read(certificate).unwrap_or(false)
}

/// The first DER element of `bytes`: its tag, its content, and what follows it (X.690, 8.1).
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if count > 4 {
            return None;
        }
        let (digits, rest) = rest.split_at_checked(count)?;
        (digits.iter().fold(0, |n, digit| n << 8 | usize::from(*digit)), rest)
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u8::try_from(content.len()).unwrap();
        [&[tag, length], content].concat()
    }

    fn certificate(issuer: &[u8], subject: &[u8], version: bool) -> Vec<u8> {
        let fields = [
            if version { der(0xa0, &der(2, &[2])) } else { Vec::new() },
            der(2, &[1]),
            der(0x30, &[]),
            der(0x30, issuer),
            der(0x30, &[]),
            der(0x30, subject),
        ];
        der(0x30, &der(0x30, &fields.concat()))
    }

    #[test]
    fn self_signed_certificates_are_recognised() {
        for version in [true, false] {
            assert!(names_itself(&certificate(b"a", b"a", version)));
            assert!(!names_itself(&certificate(b"a", b"b", version)));
        }
        assert!(!names_itself(b""));
        assert!(!names_itself(&[0x30, 0x84, 0xff]));
    }

    #[test]
    fn every_certificate_error_has_its_class() {
        let of = |error| class(&Error::InvalidCertificate(error));
        assert_eq!(of(CertificateError::Expired), FailureClass::TlsExpired);
        assert_eq!(of(CertificateError::NotValidYet), FailureClass::TlsNotYetValid);
        assert_eq!(of(CertificateError::NotValidForName), FailureClass::TlsWrongHost);
        assert_eq!(of(CertificateError::UnknownIssuer), FailureClass::TlsUntrusted);
        assert_eq!(of(CertificateError::Other(OtherError(Arc::new(SelfSigned)))), FailureClass::TlsSelfSigned);
        assert_eq!(class(&Error::HandshakeNotComplete), FailureClass::TlsHandshake);
    }
}
