using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Store.Format;

/// <summary>
/// Turns 256 bytes (the same byte of 256 samples) into 8 planes of 32 bytes and back. Bit j of byte k of plane p is bit p
/// of the byte of sample 32 j + k, so eight vectors of consecutive samples are one 8 × 8 bit transposition.
/// </summary>
internal static class BitPlanes
{
    /// <summary>Samples per chunk.</summary>
    public const int Chunk = 256;

    /// <summary>Bytes of one plane of one chunk.</summary>
    public const int PlaneBytes = 32;

    /// <summary>Transposes 256 bytes at <paramref name="source"/> into planes that lie <paramref name="stride"/> bytes apart.</summary>
    public static void Split(ref byte source, ref byte target, nint stride)
    {
        if (Avx2.IsSupported)
        {
            Transpose256(ref source, PlaneBytes, ref target, stride);
        }
        else
        {
            SplitNarrow(ref source, ref target, stride);
        }
    }

    /// <summary>The inverse: the transposition is its own.</summary>
    public static void Join(ref byte source, nint stride, ref byte target)
    {
        if (Avx2.IsSupported)
        {
            Transpose256(ref source, stride, ref target, PlaneBytes);
        }
        else
        {
            JoinNarrow(ref source, stride, ref target);
        }
    }

    /// <summary><see cref="Split"/> by vectors of 16 bytes.</summary>
    internal static void SplitNarrow(ref byte source, ref byte target, nint stride)
    {
        Transpose128(ref source, PlaneBytes, ref target, stride);
        Transpose128(ref Unsafe.Add(ref source, 16), PlaneBytes, ref Unsafe.Add(ref target, 16), stride);
    }

    /// <summary><see cref="Join"/> by vectors of 16 bytes.</summary>
    internal static void JoinNarrow(ref byte source, nint stride, ref byte target)
    {
        Transpose128(ref source, stride, ref target, PlaneBytes);
        Transpose128(ref Unsafe.Add(ref source, 16), stride, ref Unsafe.Add(ref target, 16), PlaneBytes);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose256(ref byte source, nint from, ref byte target, nint to)
    {
        Vector256<byte> a = Vector256.LoadUnsafe(ref source), b = Vector256.LoadUnsafe(ref Unsafe.Add(ref source, from));
        Vector256<byte> c = Vector256.LoadUnsafe(ref Unsafe.Add(ref source, 2 * from)), d = Vector256.LoadUnsafe(ref Unsafe.Add(ref source, 3 * from));
        Vector256<byte> e = Vector256.LoadUnsafe(ref Unsafe.Add(ref source, 4 * from)), f = Vector256.LoadUnsafe(ref Unsafe.Add(ref source, 5 * from));
        Vector256<byte> g = Vector256.LoadUnsafe(ref Unsafe.Add(ref source, 6 * from)), h = Vector256.LoadUnsafe(ref Unsafe.Add(ref source, 7 * from));
        Vector256<byte> mask = Vector256.Create((byte)0x0F);
        Swap256(ref a, ref e, 4, mask);
        Swap256(ref b, ref f, 4, mask);
        Swap256(ref c, ref g, 4, mask);
        Swap256(ref d, ref h, 4, mask);
        mask = Vector256.Create((byte)0x33);
        Swap256(ref a, ref c, 2, mask);
        Swap256(ref b, ref d, 2, mask);
        Swap256(ref e, ref g, 2, mask);
        Swap256(ref f, ref h, 2, mask);
        mask = Vector256.Create((byte)0x55);
        Swap256(ref a, ref b, 1, mask);
        Swap256(ref c, ref d, 1, mask);
        Swap256(ref e, ref f, 1, mask);
        Swap256(ref g, ref h, 1, mask);
        a.StoreUnsafe(ref target);
        b.StoreUnsafe(ref Unsafe.Add(ref target, to));
        c.StoreUnsafe(ref Unsafe.Add(ref target, 2 * to));
        d.StoreUnsafe(ref Unsafe.Add(ref target, 3 * to));
        e.StoreUnsafe(ref Unsafe.Add(ref target, 4 * to));
        f.StoreUnsafe(ref Unsafe.Add(ref target, 5 * to));
        g.StoreUnsafe(ref Unsafe.Add(ref target, 6 * to));
        h.StoreUnsafe(ref Unsafe.Add(ref target, 7 * to));
    }

    /// <summary>Exchanges the high part of <paramref name="low"/>'s bytes with the low part of <paramref name="high"/>'s.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Swap256(ref Vector256<byte> low, ref Vector256<byte> high, int shift, Vector256<byte> mask)
    {
        // Shifts of 16-bit lanes: what crosses a byte is masked away.
        Vector256<byte> difference = ((low.AsUInt16() >>> shift).AsByte() ^ high) & mask;
        high ^= difference;
        low ^= (difference.AsUInt16() << shift).AsByte();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose128(ref byte source, nint from, ref byte target, nint to)
    {
        Vector128<byte> a = Vector128.LoadUnsafe(ref source), b = Vector128.LoadUnsafe(ref Unsafe.Add(ref source, from));
        Vector128<byte> c = Vector128.LoadUnsafe(ref Unsafe.Add(ref source, 2 * from)), d = Vector128.LoadUnsafe(ref Unsafe.Add(ref source, 3 * from));
        Vector128<byte> e = Vector128.LoadUnsafe(ref Unsafe.Add(ref source, 4 * from)), f = Vector128.LoadUnsafe(ref Unsafe.Add(ref source, 5 * from));
        Vector128<byte> g = Vector128.LoadUnsafe(ref Unsafe.Add(ref source, 6 * from)), h = Vector128.LoadUnsafe(ref Unsafe.Add(ref source, 7 * from));
        Vector128<byte> mask = Vector128.Create((byte)0x0F);
        Swap128(ref a, ref e, 4, mask);
        Swap128(ref b, ref f, 4, mask);
        Swap128(ref c, ref g, 4, mask);
        Swap128(ref d, ref h, 4, mask);
        mask = Vector128.Create((byte)0x33);
        Swap128(ref a, ref c, 2, mask);
        Swap128(ref b, ref d, 2, mask);
        Swap128(ref e, ref g, 2, mask);
        Swap128(ref f, ref h, 2, mask);
        mask = Vector128.Create((byte)0x55);
        Swap128(ref a, ref b, 1, mask);
        Swap128(ref c, ref d, 1, mask);
        Swap128(ref e, ref f, 1, mask);
        Swap128(ref g, ref h, 1, mask);
        a.StoreUnsafe(ref target);
        b.StoreUnsafe(ref Unsafe.Add(ref target, to));
        c.StoreUnsafe(ref Unsafe.Add(ref target, 2 * to));
        d.StoreUnsafe(ref Unsafe.Add(ref target, 3 * to));
        e.StoreUnsafe(ref Unsafe.Add(ref target, 4 * to));
        f.StoreUnsafe(ref Unsafe.Add(ref target, 5 * to));
        g.StoreUnsafe(ref Unsafe.Add(ref target, 6 * to));
        h.StoreUnsafe(ref Unsafe.Add(ref target, 7 * to));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Swap128(ref Vector128<byte> low, ref Vector128<byte> high, int shift, Vector128<byte> mask)
    {
        Vector128<byte> difference = ((low.AsUInt16() >>> shift).AsByte() ^ high) & mask;
        high ^= difference;
        low ^= (difference.AsUInt16() << shift).AsByte();
    }
}
