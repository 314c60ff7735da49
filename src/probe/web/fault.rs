//! What went wrong where no answer came: the class of an error, from the types in its chain.
//!
//! Message text is never read, for it changes with every release of every library.

use std::error::Error;
use std::io;

use crate::observation::{Failure, FailureClass};
use crate::probe::dns::DnsFault;
use crate::probe::tls;

/// Numbers of operating system errors (errno(3), Linux) that are our own: files, memory, ports, routes.
const OWN: [i32; 6] = [12, 23, 24, 99, 100, 105];

/// The failure that a client's error means, for a request over TLS or not.
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
    let class = class.unwrap_or_else(|| left_over(error));
    Failure::of(class).because(last)
}

fn left_over(error: &reqwest::Error) -> FailureClass {
    match (error.is_timeout(), error.is_connect()) {
        (true, true) => FailureClass::TimeoutConnect,
        (true, false) => FailureClass::TimeoutRead,
        (false, true) => FailureClass::ConnectFailed,
        (false, false) if error.is_builder() => FailureClass::InvalidUrl,
        (false, false) => FailureClass::ProtocolError,
    }
}

/// The cause of an error. An I/O error that wraps another hands over its own cause, not what it wraps.
fn inside<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    wrapped.map(|inner| inner as &(dyn Error + 'static)).or_else(|| error.source())
}

/// The class that one error of the chain tells. The innermost that tells any is right.
fn of(error: &(dyn Error + 'static)) -> Option<FailureClass> {
    if let Some(fault) = error.downcast_ref::<DnsFault>() {
        return Some(fault.class);
    }
    if let Some(fault) = error.downcast_ref::<rustls::Error>() {
        return Some(tls::class(fault));
    }
    if let Some(fault) = error.downcast_ref::<hyper::Error>() {
        return if fault.is_incomplete_message() || fault.is_closed() || fault.is_canceled() {
            Some(FailureClass::ConnectClosed)
        } else if fault.is_timeout() {
            None
        } else {
            Some(FailureClass::ProtocolError)
        };
    }
    error.downcast_ref::<io::Error>().and_then(of_io)
}

fn of_io(error: &io::Error) -> Option<FailureClass> {
    if error.raw_os_error().is_some_and(|number| cfg!(target_os = "linux") && OWN.contains(&number)) {
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
        // The other side hung up in the middle of a handshake.
        io::ErrorKind::UnexpectedEof => FailureClass::TlsHandshake,
        _ => return None,
    })
}
