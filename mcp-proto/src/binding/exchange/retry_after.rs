//! `Retry-After`: when to come again after 429, 503 and their like (RFC 9110, 10.2.3).

use super::field::trim;
use http::header::{HeaderMap, RETRY_AFTER};
use std::time::{Duration, UNIX_EPOCH};

/// How long to wait, seen from the wall time `now` (since the Unix epoch): in seconds, or until a date; no time for one
/// that is past. `None` if it is not said, or can't be read.
///
/// It is the server's word and may be any length: whoever waits bounds it.
#[must_use]
pub fn retry_after(headers: &HeaderMap, now: Duration) -> Option<Duration> {
    let said = trim(headers.get(RETRY_AFTER)?.to_str().ok()?);
    if !said.is_empty() && said.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than fits is for ever.
        return Some(Duration::from_secs(said.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(said).ok()?;
    Some(date.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    /// 1994-11-06 08:49:37.
    const NOW: Duration = Duration::from_secs(784_111_777);

    #[test]
    fn seconds_and_dates() {
        let check = |value: &str, expect: Option<u64>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
            assert_eq!(retry_after(&headers, NOW), expect.map(Duration::from_secs), "{value}");
        };
        check("120", Some(120));
        check("0", Some(0));
        check(" 007 ", Some(7));
        check("18446744073709551616", Some(u64::MAX));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(0));
        check("Sun, 06 Nov 1994 08:50:07 GMT", Some(30));
        check("Sunday, 06-Nov-94 08:50:07 GMT", Some(30));
        check("Sun Nov  6 08:50:07 1994", Some(30));
        check("Thu, 01 Jan 1970 00:00:00 GMT", Some(0));
        check("Fri, 31 Dec 9999 23:59:59 GMT", Some(253_402_300_799 - 784_111_777));
        for nothing in
            ["", "-1", "+1", "1.5", "1 s", "soon", "Sun, 06 Nov 1994 08:49:37", "Sun, 99 Nov 1994 08:49:37 GMT"]
        {
            check(nothing, None);
        }
        assert_eq!(retry_after(&HeaderMap::new(), NOW), None);
    }

    #[test]
    fn a_part_of_a_second_that_has_passed_counts() {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:38 GMT"));
        assert_eq!(retry_after(&headers, NOW + Duration::from_millis(300)), Some(Duration::from_millis(700)));
    }
}
