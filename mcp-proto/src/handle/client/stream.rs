//! What comes one after another as streams, with the feature `stream`: the adapters for tasks have it.

use super::pages::Pages;
use super::progress::ProgressStream;
use super::subscription::{Subscription, Update};
use crate::error::CallError;
use crate::model::{Paged, Progress};
use futures_core::Stream;
use std::pin::Pin;
use std::task::{Context, Poll};

impl<M: Paged> Stream for Pages<M> {
    type Item = Result<M::Item, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_item(cx)
    }
}

impl Stream for Subscription {
    type Item = Result<Update, CallError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_update(cx)
    }
}

impl Stream for ProgressStream {
    type Item = Progress;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Progress>> {
        self.poll_report(cx)
    }
}
