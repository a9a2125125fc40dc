//! A GPU device, and what has become of it.

use super::error::{GpuError, GpuResult};
use super::tuning::Features;
use futures_channel::oneshot;
use std::sync::{Arc, Mutex, PoisonError};
use wgpu::{Adapter, AdapterInfo, Buffer, BufferUsages, Device, DeviceType, Instance, MapMode, PollType, Queue};

/// Which adapter is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// A GPU; not a processor that plays one.
    Hardware,
    /// Any adapter, a GPU before a processor: for tests, and for those who ask for it by name.
    Any,
}

/// A device with its queue. One for all models.
#[derive(Debug)]
pub struct Context {
    adapter: AdapterInfo,
    device: Device,
    queue: Queue,
    features: Features,
    /// The first thing that went wrong.
    failure: Arc<Failure>,
}

#[derive(Debug, Default)]
struct Failure(Mutex<Option<GpuError>>);

impl Failure {
    fn set(&self, error: GpuError) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // a lost device refuses calls as well: the loss says more
        if first.is_none() || matches!(error, GpuError::Lost(_)) {
            *first = Some(error);
        }
    }

    fn get(&self) -> GpuResult<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone().map_or(Ok(()), Err)
    }
}

impl Context {
    /// Opens the best adapter of this choice.
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`] or [`GpuError::NoDevice`].
    pub async fn open(choice: Choice) -> GpuResult<Self> {
        let instance = Instance::default();
        let adapter = find(&instance, choice).await?;
        let extra = adapter.features() & (wgpu::Features::SHADER_F16 | wgpu::Features::SUBGROUP);
        let descriptor = wgpu::DeviceDescriptor {
            required_features: extra,
            required_limits: limits(&adapter),
            ..Default::default()
        };
        let opened = adapter.request_device(&descriptor).await;
        let (device, queue) = opened.map_err(|error| GpuError::NoDevice(error.to_string()))?;
        let failure = Arc::new(Failure::default());
        let told = Arc::clone(&failure);
        device.on_uncaptured_error(Arc::new(move |error| {
            told.set(match error {
                wgpu::Error::OutOfMemory { .. } => GpuError::OutOfMemory(error.to_string()),
                _ => GpuError::Refused(error.to_string()),
            });
        }));
        let told = Arc::clone(&failure);
        device.set_device_lost_callback(move |_, message| told.set(GpuError::Lost(message)));
        let language = instance.wgsl_language_features();
        let features = Features {
            half: extra.contains(wgpu::Features::SHADER_F16),
            subgroups: extra.contains(wgpu::Features::SUBGROUP),
            packed_dot: language.contains(wgpu::WgslLanguageFeatures::Packed4x8IntegerDotProduct),
        };
        Ok(Self { adapter: adapter.get_info(), device, queue, features, failure })
    }

    /// What the adapter says of itself: name, driver, backend.
    pub fn adapter(&self) -> &AdapterInfo {
        &self.adapter
    }

    /// Whether a processor plays the GPU: other tunables are quicker there.
    pub fn is_software(&self) -> bool {
        self.adapter.device_type == DeviceType::Cpu
    }

    /// What shaders may use beyond what every device has.
    pub fn features(&self) -> Features {
        self.features
    }

    /// The device.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The device's queue.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// Gives the device back. Every later call fails with [`GpuError::Lost`].
    pub fn destroy(&self) {
        self.device.destroy();
        self.failure.set(GpuError::Lost("destroyed".to_owned()));
    }

    /// Says what has gone wrong so far, if anything has.
    ///
    /// # Errors
    /// The first error of the device; its loss before all others.
    pub fn check(&self) -> GpuResult<()> {
        self.failure.get()
    }

    /// A buffer of `len` bytes that kernels read and write.
    pub fn buffer(&self, label: &str, len: usize, usage: BufferUsages) -> Buffer {
        let size = (len.max(4) as u64).next_multiple_of(16); // kernels read vectors of 16 bytes
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(label),
            size,
            usage,
            mapped_at_creation: false,
        })
    }

    /// A buffer that kernels read, with this content.
    pub fn upload<T: bytemuck::NoUninit>(&self, label: &str, content: &[T]) -> Buffer {
        let bytes = bytemuck::cast_slice::<T, u8>(content);
        let buffer = self.buffer(label, bytes.len(), BufferUsages::STORAGE | BufferUsages::COPY_DST);
        let (whole, rest) = bytes.split_at(bytes.len() / 4 * 4);
        self.queue.write_buffer(&buffer, 0, whole);
        if !rest.is_empty() {
            let mut last = [0; 4];
            last[..rest.len()].copy_from_slice(rest);
            self.queue.write_buffer(&buffer, whole.len() as u64, &last);
        }
        buffer
    }

    /// The first `len` floats of a buffer that the host may read, once all that was submitted is done.
    ///
    /// # Errors
    /// Whatever has gone wrong on the device until then.
    pub async fn read(&self, staging: &Buffer, len: usize) -> GpuResult<Vec<f32>> {
        self.check()?;
        let slice = staging.slice(..len as u64 * 4);
        let (tell, told) = oneshot::channel();
        slice.map_async(MapMode::Read, move |result| {
            let _ = tell.send(result); // nobody waits any more
        });
        let polled = self.device.poll(PollType::wait_indefinitely()); // the browser does it by itself
        let mapped = told.await;
        self.check()?;
        let refused = |error: &dyn std::fmt::Display| GpuError::Refused(error.to_string());
        polled.map_err(|error| refused(&error))?;
        mapped.map_err(|error| refused(&error))?.map_err(|error| refused(&error))?;
        let floats = {
            let view = slice.get_mapped_range().map_err(|error| refused(&error))?;
            view.as_chunks::<4>().0.iter().map(|float| f32::from_le_bytes(*float)).collect()
        };
        staging.unmap();
        Ok(floats)
    }
}

/// The best adapter of this choice.
async fn find(instance: &Instance, choice: Choice) -> GpuResult<Adapter> {
    let options =
        wgpu::RequestAdapterOptions { power_preference: wgpu::PowerPreference::HighPerformance, ..Default::default() };
    let found = instance.request_adapter(&options).await;
    let adapter = found.map_err(|error| GpuError::NoAdapter(error.to_string()))?;
    let info = adapter.get_info();
    if choice == Choice::Hardware && info.device_type == DeviceType::Cpu {
        return Err(GpuError::NoAdapter(format!("only {}, a processor", info.name)));
    }
    Ok(adapter)
}

/// The limits that every WebGPU device has, but buffers as large as this one allows.
fn limits(adapter: &Adapter) -> wgpu::Limits {
    let most = adapter.limits();
    wgpu::Limits {
        max_buffer_size: most.max_buffer_size,
        max_storage_buffer_binding_size: most.max_storage_buffer_binding_size,
        ..wgpu::Limits::default()
    }
}
