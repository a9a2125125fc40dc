//! What is quicker on one sort of device than on another: sizes of workgroups, and variants of kernels for what only some devices
//! have. The plain kernels are always there.

use super::context::Context;

/// What shaders may use on a device beyond what every device has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Features {
    /// 16-bit floats (`shader-f16`).
    pub half: bool,
    /// Sums over a subgroup (`subgroups`). wgpu 30 does not ask browsers for it, so natively only.
    pub subgroups: bool,
    /// Dot products of four int8 in one instruction (`packed_4x8_integer_dot_product`).
    pub packed_dot: bool,
}

/// How a matmul multiplies its int8 weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Products {
    /// With activations in f32: `matmul.wgsl`.
    Float,
    /// With activations rounded to f16, four products at a time, summed in f32: `matmul_half.wgsl`.
    Half,
    /// With activations quantized per row to int8, exactly: `quantize.wgsl`, `matmul_packed.wgsl`.
    Packed,
}

/// Sizes and variants. Sizes change no number but for rounding; variants say themselves how they round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuning {
    /// Invocations of a workgroup along rows or columns.
    pub lanes: u32,
    /// Row tiles of a matmul's workgroup.
    pub matmul_tiles: u32,
    /// Invocations that share a row of a layer norm; a power of 2, at most `lanes`.
    pub norm_lanes: u32,
    /// How matmuls multiply.
    pub products: Products,
    /// Whether a layer norm adds up through subgroups: `layer_norm_subgroups.wgsl`. A workgroup then shares a row.
    pub norm_subgroups: bool,
}

impl Products {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Float, Self::Half, Self::Packed];

    /// The one of this name (`float`, `half`, `packed`).
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|products| products.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float => "float",
            Self::Half => "half",
            Self::Packed => "packed",
        }
    }
}

impl Tuning {
    /// For a GPU: many invocations, which share rows. The quickest of those tried on an H100 (`cargo bench --bench gpu -- --sweep`).
    /// Of the variants f16 and subgroups gained nothing there; the packed dot was a third quicker, but vectors are less alike.
    pub const HARDWARE: Self =
        Self { lanes: 32, matmul_tiles: 1, norm_lanes: 32, products: Products::Float, norm_subgroups: false };
    /// For a processor that plays a GPU, where a barrier costs more than it saves, and the variants do, too.
    pub const SOFTWARE: Self = Self { norm_lanes: 1, ..Self::HARDWARE };

    /// What suits the device.
    pub fn of(context: &Context) -> Self {
        if context.is_software() { Self::SOFTWARE } else { Self::HARDWARE }
    }

    /// The same with the plain kernels for what a device with these features has not.
    #[must_use]
    pub fn on(self, features: Features) -> Self {
        let has = match self.products {
            Products::Float => true,
            Products::Half => features.half,
            Products::Packed => features.packed_dot,
        };
        Self {
            products: if has { self.products } else { Products::Float },
            norm_subgroups: self.norm_subgroups && features.subgroups,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_device_has_not_is_plain() {
        let all = Features { half: true, subgroups: true, packed_dot: true };
        for products in Products::ALL {
            let wanted = Tuning { products, norm_subgroups: true, ..Tuning::HARDWARE };
            assert_eq!(wanted.on(all), wanted);
            assert_eq!(wanted.on(Features::default()), Tuning::HARDWARE);
            assert_eq!(Products::named(products.name()), Some(products));
        }
        assert_eq!(Tuning::SOFTWARE.on(all), Tuning::SOFTWARE);
        assert_eq!(Products::named("double"), None);
    }
}
