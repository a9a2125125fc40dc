//! Buffers that begin on a line of the cache: of one that begins elsewhere each vector as long as a line is in two of them, and every load
//! is two.

use std::ops::{Deref, DerefMut};

/// Bytes of a line of the cache, and of the longest vector.
const LINE: usize = 64;

/// Numbers that begin on a line of the cache. It grows only, so that a warm workspace does not allocate.
#[derive(Debug, Default)]
pub(crate) struct Aligned<T> {
    /// The numbers, with room before them.
    data: Vec<T>,
    start: usize,
}

impl<T: Copy + Default> Aligned<T> {
    /// `len` zeros.
    pub(crate) fn zeros(len: usize) -> Self {
        let mut data = vec![T::default(); len + LINE / size_of::<T>()];
        // the standard library may answer that it does not know: then the numbers begin anywhere
        let start = Some(data.as_ptr().align_offset(LINE)).filter(|&start| start <= data.len() - len).unwrap_or(0);
        data.truncate(start + len);
        Self { data, start }
    }

    /// Makes it at least `len` long. If it has to grow, it is zeros again.
    pub(crate) fn grow(&mut self, len: usize) {
        if self.len() < len {
            *self = Self::zeros(len);
        }
    }
}

impl<T: Copy + Default> From<&[T]> for Aligned<T> {
    fn from(values: &[T]) -> Self {
        let mut aligned = Self::zeros(values.len());
        aligned.copy_from_slice(values);
        aligned
    }
}

impl<T: Copy + Default> Clone for Aligned<T> {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.data[self.start..]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.data[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_aligned<T: Copy + Default>(buffer: &Aligned<T>, len: usize) {
        assert_eq!(buffer.len(), len);
        assert_eq!(buffer.as_ptr().addr() % LINE, 0, "{len} numbers of {} bytes", size_of::<T>());
    }

    #[test]
    fn buffers_of_any_length_begin_on_a_line() {
        let others: Vec<Vec<u8>> = (1..200).map(|len| vec![0; len]).collect();
        for len in (0..300).chain([70_000, 600_001]) {
            assert_aligned(&Aligned::<i8>::zeros(len), len);
            assert_aligned(&Aligned::<f32>::zeros(len), len);
        }
        drop(others);
    }

    #[test]
    fn a_copy_has_the_same_numbers_and_is_aligned_too() {
        let values: Vec<f32> = (0..77).map(|i| i as f32).collect();
        let buffer = Aligned::from(&values[..]);
        let copy = buffer.clone();
        assert_aligned(&copy, 77);
        assert_eq!((&*buffer, &*copy), (&values[..], &values[..]));
    }

    #[test]
    fn it_grows_and_never_shrinks() {
        let mut buffer = Aligned::<u8>::default();
        assert!(buffer.is_empty());
        buffer.grow(9);
        buffer[8] = 1;
        let at = buffer.as_ptr();
        buffer.grow(5);
        assert_eq!((buffer.len(), buffer[8], buffer.as_ptr()), (9, 1, at));
        buffer.grow(1000);
        assert_aligned(&buffer, 1000);
    }
}
