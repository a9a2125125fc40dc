//! The arithmetic under the encoder and the scan, in layers:
//!
//! 1. Safe functions on [`Backend`] check shapes ([`linear`], [`attention`], [`norm`], [`max_sim`],
//!    [`scan`](Backend::scan_into)).
//! 2. They enter one instruction set: [`scalar`] (the specification, plain loops), or
//! 3. `generic`, each algorithm once over the `Arch` trait, instantiated by `simd128`, `relaxed`, `avx2`, `avx512`,
//!    `neon`.
//!
//! Integer kernels are bit-equal to `scalar`; float kernels stay within the bounds named in `battery`.
//!
//! A processor's instruction sets are found out at run time. A wasm engine has those that it was built for, so the ones
//! that visitors load hold one set only; with the feature `battery` all that they could run, to be compared.

pub(crate) mod aligned;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128"))]
mod arch;
pub mod attention;
#[cfg(any(test, feature = "battery"))]
pub mod battery;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128"))]
mod generic;
pub mod linear;
pub mod max_sim;
pub mod norm;
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64", target_feature = "simd128"))]
mod panels;
pub mod quantize;
#[cfg_attr(not(any(test, feature = "battery", not(target_feature = "simd128"))), allow(dead_code))]
pub mod scalar;

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;
#[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
mod relaxed;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
#[cfg_attr(target_feature = "relaxed-simd", allow(dead_code))] // lends `relaxed` its float operations
mod simd128;

use attention::AttentionArgs;
use linear::{LinearArgs, QuantizeArgs};
use norm::NormArgs;
use quantize::ActivationFormat;

/// Longest row of a Hamming scan, in words of 64 signs: a byte lane of the vector kernels counts to 255, 8 a vector of two words.
pub const MAX_SIGN_WORDS: usize = 32;

/// An implementation of the kernels. Chosen once, by [`Backend::best`]; weights are packed for it.
///
/// Variants that not every processor of the target has are `non_exhaustive`, so that nobody outside this crate can make one
/// where it has no instructions to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Plain loops: the specification.
    #[cfg(any(test, feature = "battery", not(target_feature = "simd128")))]
    Scalar,
    /// wasm 128-bit SIMD, 16-bit activations.
    #[cfg(all(
        target_arch = "wasm32",
        target_feature = "simd128",
        any(test, feature = "battery", not(target_feature = "relaxed-simd"))
    ))]
    Simd128,
    /// wasm relaxed SIMD, 7-bit activations.
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    Relaxed,
    /// The same for processors that sum products in pairs.
    #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
    RelaxedPairs,
    /// x86-64 with AVX2 and FMA, 7-bit activations.
    #[cfg(target_arch = "x86_64")]
    #[non_exhaustive]
    Avx2,
    /// x86-64 with AVX-512 and VNNI, 8-bit activations.
    #[cfg(target_arch = "x86_64")]
    #[non_exhaustive]
    Avx512,
    /// aarch64 with NEON, 8-bit activations.
    #[cfg(target_arch = "aarch64")]
    Neon,
    /// aarch64 with NEON and the dot product extension, 8-bit activations.
    #[cfg(target_arch = "aarch64")]
    #[non_exhaustive]
    NeonDotprod,
}

/// Calls `$function` of the backend's module.
macro_rules! dispatch {
    ($self:ident, $function:ident($($arg:expr),*)) => {
        match $self {
            #[cfg(any(test, feature = "battery", not(target_feature = "simd128")))]
            Backend::Scalar => scalar::$function($($arg),*),
            #[cfg(all(
                target_arch = "wasm32",
                target_feature = "simd128",
                any(test, feature = "battery", not(target_feature = "relaxed-simd"))
            ))]
            // SAFETY: the module was validated with these instructions; the public functions that lead here checked shapes.
            Backend::Simd128 => unsafe { simd128::$function($($arg),*) },
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            // SAFETY: as above.
            Backend::Relaxed => unsafe { relaxed::fours::$function($($arg),*) },
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            // SAFETY: as above.
            Backend::RelaxedPairs => unsafe { relaxed::pairs::$function($($arg),*) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `best` and `available` hand out only what the processor has; shapes were checked as above.
            Backend::Avx2 => unsafe { avx2::$function($($arg),*) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: as above.
            Backend::Avx512 => unsafe { avx512::$function($($arg),*) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: the target has NEON; shapes were checked as above.
            Backend::Neon => unsafe { neon::plain::$function($($arg),*) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: as `Avx2`.
            Backend::NeonDotprod => unsafe { neon::dotprod::$function($($arg),*) },
        }
    };
}

/// Picks a property of the backend's shape.
macro_rules! property {
    ($self:ident, $scalar:expr, $arch:ident => $value:expr) => {
        match $self {
            #[cfg(any(test, feature = "battery", not(target_feature = "simd128")))]
            Backend::Scalar => $scalar,
            #[cfg(all(
                target_arch = "wasm32",
                target_feature = "simd128",
                any(test, feature = "battery", not(target_feature = "relaxed-simd"))
            ))]
            Backend::Simd128 => {
                type $arch = simd128::Simd128;
                $value
            }
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            Backend::Relaxed => {
                type $arch = relaxed::Relaxed<false>;
                $value
            }
            #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
            Backend::RelaxedPairs => {
                type $arch = relaxed::Relaxed<true>;
                $value
            }
            #[cfg(target_arch = "x86_64")]
            Backend::Avx2 => {
                type $arch = avx2::Avx2;
                $value
            }
            #[cfg(target_arch = "x86_64")]
            Backend::Avx512 => {
                type $arch = avx512::Avx512;
                $value
            }
            #[cfg(target_arch = "aarch64")]
            Backend::Neon => {
                type $arch = neon::Neon<false>;
                $value
            }
            #[cfg(target_arch = "aarch64")]
            Backend::NeonDotprod => {
                type $arch = neon::Neon<true>;
                $value
            }
        }
    };
}

impl Backend {
    /// Every backend that this build contains and this processor runs, slowest first.
    pub fn available() -> Vec<Self> {
        #[allow(unused_mut)] // a plain build adds nothing
        let mut all = vec![
            #[cfg(any(test, feature = "battery", not(target_feature = "simd128")))]
            Self::Scalar,
        ];
        #[cfg(all(
            target_arch = "wasm32",
            target_feature = "simd128",
            any(test, feature = "battery", not(target_feature = "relaxed-simd"))
        ))]
        all.push(Self::Simd128);
        #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
        all.extend(if relaxed::sums_pairs() {
            [Self::Relaxed, Self::RelaxedPairs]
        } else {
            [Self::RelaxedPairs, Self::Relaxed]
        });
        #[cfg(target_arch = "x86_64")]
        {
            if avx2::is_available() {
                all.push(Self::Avx2);
            }
            if avx512::is_available() {
                all.push(Self::Avx512);
            }
        }
        #[cfg(target_arch = "aarch64")]
        {
            all.push(Self::Neon);
            if neon::has_dotprod() {
                all.push(Self::NeonDotprod);
            }
        }
        all
    }

    /// The fastest backend of this build on this processor.
    pub fn best() -> Self {
        #[cfg(all(target_arch = "wasm32", target_feature = "relaxed-simd"))]
        return if relaxed::sums_pairs() { Self::RelaxedPairs } else { Self::Relaxed };
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128", not(target_feature = "relaxed-simd")))]
        return Self::Simd128;
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        return Self::available().pop().unwrap_or(Self::Scalar);
    }

    /// Name as users see it: `scalar`, `simd128`, `relaxed-simd`, `avx2`, `avx512-vnni`, `neon`,
    /// `neon-dotprod`.
    pub fn name(self) -> &'static str {
        property!(self, "scalar", A => A::NAME)
    }

    /// How this backend quantizes activations.
    pub fn format(self) -> ActivationFormat {
        property!(self, scalar::FORMAT, A => <A as arch::Arch>::FORMAT)
    }

    /// Rows of a register tile.
    pub(super) fn mr(self) -> usize {
        property!(self, 1, A => <A as arch::Arch>::MR)
    }

    /// Channels of a register tile.
    pub(super) fn nr(self) -> usize {
        property!(self, 1, A => 2 * <A as arch::Arch>::LANES)
    }

    /// Consecutive `k` in one dot instruction.
    pub(super) fn group(self) -> usize {
        property!(self, 1, A => <A as arch::Arch>::GROUP)
    }

    fn quantize_rows(self, args: QuantizeArgs<'_>) {
        dispatch!(self, quantize_rows(args));
    }

    fn linear(self, args: LinearArgs<'_>) {
        dispatch!(self, linear(args));
    }

    fn attention(self, args: AttentionArgs<'_>) {
        dispatch!(self, attention(args));
    }

    fn layer_norm(self, args: NormArgs<'_>) {
        dispatch!(self, layer_norm(args));
    }

    fn max_sim(self, query: &[i16], rows: &[i8], dim: usize, out: &mut [i32]) {
        dispatch!(self, max_sim(query, rows, dim, out));
    }

    /// Whether rows of so many values can be scanned: a multiple of 16 and at most 512, so that `len · 127 · 32767` fits in an `i32`.
    pub fn scans(len: usize) -> bool {
        len > 0 && len.is_multiple_of(16) && len <= 512
    }

    /// `out[i] = query · rows[i]`, exact in 32 bits, for rows as long as `query`.
    ///
    /// Length: as [`scans`](Self::scans) says.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn scan_into(self, query: &[i16], rows: &[i8], out: &mut [i32]) {
        assert!(Self::scans(query.len()), "query length");
        assert_eq!(rows.len(), out.len() * query.len(), "rows are [out, query]");
        dispatch!(self, scan(query, rows, out));
    }

    /// Whether [`scan_u7_into`](Self::scan_u7_into) takes less than [`scan_into`](Self::scan_into).
    pub fn dots_bytes(self) -> bool {
        property!(self, false, A => <A as arch::Arch>::DOTS_BYTES)
    }

    /// `out[i] = query · rows[i]`, exact in 32 bits, for rows as long as `query`, whose values are below 128.
    ///
    /// Length: as [`scans`](Self::scans) says.
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn scan_u7_into(self, query: &[u8], rows: &[i8], out: &mut [i32]) {
        assert!(Self::scans(query.len()), "query length");
        assert_eq!(rows.len(), out.len() * query.len(), "rows are [out, query]");
        dispatch!(self, scan_u7(query, rows, out));
    }

    /// `out[i]` = number of bits in which `query` and `rows[i]` differ, for rows as long as `query`.
    ///
    /// Length: even and at most [`MAX_SIGN_WORDS`].
    ///
    /// # Panics
    /// If the shapes do not fit.
    pub fn hamming_into(self, query: &[u64], rows: &[u64], out: &mut [u32]) {
        assert!(!query.is_empty() && query.len().is_multiple_of(2) && query.len() <= MAX_SIGN_WORDS, "query length");
        assert_eq!(rows.len(), out.len() * query.len(), "rows are [out, query]");
        dispatch!(self, hamming(query, rows, out));
    }
}
