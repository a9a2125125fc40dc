//! `--device`: where passages are embedded, on the CPU or on a GPU.

#[cfg(feature = "gpu")]
pub(super) use with_gpu::GpuEmbedder;
#[cfg(not(feature = "gpu"))]
pub(super) use without_gpu::GpuEmbedder;

/// Where passages are embedded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Device {
    /// On a GPU where one answers, otherwise on the CPU
    Auto,
    /// On all cores
    Cpu,
    /// On a GPU, or on what plays one; an error where there is none
    Gpu,
}

#[cfg(feature = "gpu")]
mod with_gpu {
    use super::Device;
    use crate::cli::index::models::Models;
    use crate::gpu::encoder::{EmbeddingTable, Encoder, Gpu};
    use crate::gpu::{Choice, Context, GpuError};
    use crate::model::batch::TokenBatch;
    use crate::model::file::ModelFile;
    use anyhow::Result;
    use std::sync::{Arc, Mutex, PoisonError};

    /// Passages that are computed together: some 3000 tokens.
    const BATCH: usize = 32;

    /// A bi-encoder on a GPU.
    #[derive(Debug)]
    pub(in crate::cli::index) struct GpuEmbedder {
        name: String,
        asked_for: bool,
        encoder: Mutex<Encoder>,
    }

    impl GpuEmbedder {
        /// The GPU that is to embed; none where the CPU is.
        ///
        /// # Errors
        /// If one was asked for, and there is none that can.
        pub(in crate::cli::index) fn open(device: Device, models: &Models) -> Result<Option<Self>> {
            let choice = match device {
                Device::Cpu => return Ok(None),
                Device::Auto => Choice::Hardware,
                Device::Gpu => Choice::Any,
            };
            match pollster::block_on(Self::load(choice, models)) {
                Err(_) if device == Device::Auto => Ok(None),
                opened => Ok(Some(opened?)),
            }
        }

        async fn load(choice: Choice, models: &Models) -> Result<Self, GpuError> {
            let gpu = Arc::new(Gpu::new(Context::open(choice).await?));
            let adapter = gpu.context().adapter();
            let name = format!("{} ({})", adapter.name, adapter.backend);
            let file = ModelFile::parse(&models.bi_encoder_bytes, models.bi_encoder.id())?;
            let word = Arc::new(EmbeddingTable::word(&gpu, &file)?);
            let encoder = Mutex::new(Encoder::bi_encoder(&gpu, &file, &word)?);
            Ok(Self { name, asked_for: choice == Choice::Any, encoder })
        }

        /// What the adapter calls itself.
        pub(in crate::cli::index) fn name(&self) -> &str {
            &self.name
        }

        /// Whether it was asked for by name, so that its failure is an error.
        pub(in crate::cli::index) fn asked_for(&self) -> bool {
            self.asked_for
        }

        /// The embeddings of sequences of token ids, `[sequences, dim]`. `done` is told how many are.
        ///
        /// # Errors
        /// Whatever goes wrong on the device.
        pub(in crate::cli::index) fn embed(&self, sequences: &[Vec<u32>], done: &dyn Fn(usize)) -> Result<Vec<f32>> {
            let mut encoder = self.encoder.lock().unwrap_or_else(PoisonError::into_inner);
            let mut embeddings = Vec::new();
            for sequences in sequences.chunks(BATCH) {
                let mut batch = TokenBatch::new();
                sequences.iter().for_each(|ids| batch.push(ids));
                embeddings.extend(pollster::block_on(encoder.forward(&batch))?);
                done(sequences.len());
            }
            Ok(embeddings)
        }
    }
}

#[cfg(not(feature = "gpu"))]
mod without_gpu {
    use super::Device;
    use crate::cli::index::models::Models;
    use anyhow::{Result, bail};

    /// There is none in this build.
    #[derive(Debug)]
    pub(in crate::cli::index) enum GpuEmbedder {}

    impl GpuEmbedder {
        pub(in crate::cli::index) fn open(device: Device, _: &Models) -> Result<Option<Self>> {
            if device == Device::Gpu {
                bail!(
                    "this program was built without GPUs. Build it with the feature `gpu`, which is one of the defaults"
                );
            }
            Ok(None)
        }

        pub(in crate::cli::index) fn name(&self) -> &str {
            match *self {}
        }

        pub(in crate::cli::index) fn asked_for(&self) -> bool {
            match *self {}
        }

        pub(in crate::cli::index) fn embed(&self, _: &[Vec<u32>], _: &dyn Fn(usize)) -> Result<Vec<f32>> {
            match *self {}
        }
    }
}
