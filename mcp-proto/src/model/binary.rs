//! Bytes within JSON: base64 with padding (RFC 4648, section 4).

use super::content::{AudioContent, ImageContent};
use super::resource::BlobResourceContents;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What should have been base64 is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not base64: {0}")]
pub struct NotBase64(String);

pub(super) fn encode(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

fn decode(text: &str) -> Result<Vec<u8>, NotBase64> {
    STANDARD.decode(text).map_err(|e| NotBase64(e.to_string()))
}

impl ImageContent {
    /// The bytes of the picture.
    ///
    /// # Errors
    /// They are not written as base64.
    pub fn bytes(&self) -> Result<Vec<u8>, NotBase64> {
        decode(&self.data)
    }
}

impl AudioContent {
    /// The bytes of the sound.
    ///
    /// # Errors
    /// They are not written as base64.
    pub fn bytes(&self) -> Result<Vec<u8>, NotBase64> {
        decode(&self.data)
    }
}

impl BlobResourceContents {
    /// The bytes.
    ///
    /// # Errors
    /// They are not written as base64.
    pub fn bytes(&self) -> Result<Vec<u8>, NotBase64> {
        decode(&self.blob)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Content, ResourceContents};

    #[test]
    fn bytes_there_and_back() {
        for (bytes, text) in [(&b""[..], ""), (&[0, 255, 16], "AP8Q"), (b"a", "YQ=="), (b"ab", "YWI=")] {
            let Content::Image(image) = Content::image(bytes, "image/png") else { panic!("an image") };
            let Content::Audio(audio) = Content::audio(bytes, "audio/wav") else { panic!("a sound") };
            let ResourceContents::Blob(blob) = ResourceContents::blob("a:b", bytes) else { panic!("bytes") };
            let texts = [image.data.as_str(), audio.data.as_str(), blob.blob.as_str()];
            assert_eq!(texts, [text; 3]);
            assert_eq!([image.bytes(), audio.bytes(), blob.bytes()], [0; 3].map(|_| Ok(bytes.to_vec())));
        }
        for wrong in ["YQ", "YQ=", "Y Q=", "YQ==\n", "é", "_w=="] {
            assert!(BlobResourceContents::new("a:b", wrong).bytes().is_err(), "{wrong}");
        }
    }
}
