//! The failure class of a client error, from the types in its source chain.
//!
//! Message text is never read: it changes with every release of every library.

use std::error::Error;
use std::io;

use crate::observation::{Failure, FailureClass};
use crate::probe::dns::LookupError;
use crate::probe::tls;

/// Errors of our own system (errno(3), Linux): ENOMEM, ENFILE, EMFILE, EADDRNOTAVAIL, ENETDOWN, ENOBUFS.
const LOCAL_ERRNO: [i32; 6] = [12, 23, 24, 99, 100, 105];

/// The failure that a client error means.
pub(super) fn failure(error: &reqwest::Error) -> Failure {
    let mut last = String::new();
    let mut class = None;
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(current) = next {
        if let Some(found) = of(current) {
            class = Some(found);
        }
        last = current.to_string();
        next = inside(current);
    }
    let class = class.unwrap_or_else(|| by_kind(error));
    Failure::of(class).because(last)
}

fn by_kind(error: &reqwest::Error) -> FailureClass {
    match (error.is_timeout(), error.is_connect()) {
        (true, true) => FailureClass::TimeoutConnect,
        (true, false) => FailureClass::TimeoutRead,
        (false, true) => FailureClass::ConnectFailed,
        (false, false) if error.is_builder() => FailureClass::InvalidUrl,
        (false, false) => FailureClass::ProtocolError,
    }
}

/// The source of an error. `io::Error::source` skips the error that it wraps, so that one is taken instead.
fn inside<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
}

/// The class of one error of the chain. The innermost error that has one is decisive.
fn of(error: &(dyn Error + 'static)) -> Option<FailureClass> {
    if let Some(found) = error.downcast_ref::<LookupError>() {
        return Some(found.class);
    }
    if let Some(found) = error.downcast_ref::<rustls::Error>() {
        return Some(tls::class(found));
    }
    if let Some(found) = error.downcast_ref::<hyper::Error>() {
        return if found.is_incomplete_message() || found.is_closed() || found.is_canceled() {
            Some(FailureClass::ConnectClosed)
        } else if found.is_timeout() {
            None
        } else {
            Some(FailureClass::ProtocolError)
        };
    }
    error.downcast_ref::<io::Error>().and_then(of_io)
}

fn of_io(error: &io::Error) -> Option<FailureClass> {
    if error.raw_os_error().is_some_and(|number| cfg!(target_os = "linux") && LOCAL_ERRNO.contains(&number)) {
        return Some(FailureClass::NetworkDown);
    }
    Some(match error.kind() {
        io::ErrorKind::ConnectionRefused => FailureClass::ConnectRefused,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe => {
            FailureClass::ConnectReset
        }
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::NetworkDown => FailureClass::NoRoute,
        io::ErrorKind::HostUnreachable => FailureClass::ConnectFailed,
        io::ErrorKind::AddrNotAvailable | io::ErrorKind::OutOfMemory => FailureClass::NetworkDown,
        // The connection was closed during a handshake.
        io::ErrorKind::UnexpectedEof => FailureClass::TlsHandshake,
        _ => return None,
    })
}
