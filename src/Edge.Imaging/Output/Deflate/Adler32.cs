using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Imaging.Output.Deflate;

/// <summary>The checksum of zlib's format (RFC 1950 8).</summary>
internal static class Adler32
{
    public const uint Start = 1;

    private const uint Modulus = 65521;

    // So many bytes of 255 that neither sum overflows 32 bits (zlib's NMAX), in whole vectors.
    private const int Stretch = 5552 / 32 * 32;

    /// <summary>The checksum of what <paramref name="adler"/> is that of, followed by more bytes.</summary>
    public static uint Append(uint adler, ReadOnlySpan<byte> bytes)
    {
        uint a = adler & 0xffff, b = adler >> 16;
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> stretch = bytes[..Math.Min(Stretch, bytes.Length)];
            bytes = bytes[stretch.Length..];
            if (Avx2.IsSupported)
            {
                int whole = stretch.Length & ~31;
                Add(ref a, ref b, stretch[..whole]);
                stretch = stretch[whole..];
            }

            foreach (byte value in stretch)
            {
                a += value;
                b += a;
            }

            a %= Modulus;
            b %= Modulus;
        }

        return b << 16 | a;
    }

    // A vector of 32 bytes adds 32 times the first sum of before it to the second, and each byte as often as there are bytes from it on.
    private static void Add(ref uint a, ref uint b, ReadOnlySpan<byte> bytes)
    {
        Vector256<sbyte> weights = Vector256.Create(
            32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1);
        Vector256<uint> sums = Vector256<uint>.Zero, before = Vector256<uint>.Zero;
        Vector256<int> weighted = Vector256<int>.Zero;
        ref byte at = ref MemoryMarshal.GetReference(bytes);
        for (int i = 0; i < bytes.Length; i += 32)
        {
            Vector256<byte> values = Vector256.LoadUnsafe(ref at, (nuint)i);
            before += sums;
            sums += Avx2.SumAbsoluteDifferences(values, Vector256<byte>.Zero).AsUInt32();
            weighted += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(values, weights), Vector256<short>.One);
        }

        b += ((uint)bytes.Length * a) + (32 * Vector256.Sum(before)) + (uint)Vector256.Sum(weighted);
        a += Vector256.Sum(sums);
    }
}
