using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Edge.Store.Files;

namespace Edge.Store.Format;

/// <summary>
/// The reversible filter before LZ4: difference to the previous sample of the same colour, zig-zag, bit planes. It works on one
/// block at a time and knows nothing of the blocks before: docs/storage-format.md.
/// </summary>
internal static class PixelFilter
{
    /// <summary>Filters one block. <paramref name="blockOffset"/> is its place in the data; both spans have its length.</summary>
    public static void Apply(ReadOnlySpan<byte> block, long blockOffset, in FilterHint hint, Span<byte> target)
    {
        (int start, int samples) = Region(block.Length, blockOffset, hint);
        int end = start + (samples * hint.BytesPerSample);
        block[..start].CopyTo(target);
        block[end..].CopyTo(target[end..]);
        Forward(block[start..end], hint, samples, target[start..end]);
    }

    /// <summary>The inverse of <see cref="Apply"/>.</summary>
    public static void Restore(ReadOnlySpan<byte> block, long blockOffset, in FilterHint hint, Span<byte> target)
    {
        (int start, int samples) = Region(block.Length, blockOffset, hint);
        int end = start + (samples * hint.BytesPerSample);
        block[..start].CopyTo(target);
        block[end..].CopyTo(target[end..]);
        Backward(block[start..end], hint, samples, target[start..end]);
    }

    /// <summary>The whole samples inside a block: where they begin, and how many.</summary>
    internal static (int Start, int Samples) Region(int length, long blockOffset, in FilterHint hint)
    {
        long from = Math.Max(blockOffset, hint.Offset);
        long to = Math.Min(blockOffset + length, hint.Offset + hint.Length);
        long skew = (from - hint.Offset) % hint.BytesPerSample;
        from += skew == 0 ? 0 : hint.BytesPerSample - skew;
        return to - from < hint.BytesPerSample ? (0, 0) : ((int)(from - blockOffset), (int)((to - from) / hint.BytesPerSample));
    }

    private static void Forward(ReadOnlySpan<byte> source, in FilterHint hint, int samples, Span<byte> target)
    {
        int bytes = hint.BytesPerSample;
        int chunks = samples / BitPlanes.Chunk;
        int stride = chunks * BitPlanes.PlaneBytes;
        int chunkBytes = BitPlanes.Chunk * bytes;
        Span<byte> groups = stackalloc byte[BitPlanes.Chunk * 4];
        ref byte planes = ref MemoryMarshal.GetReference(target);
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            Differences(source, chunk * BitPlanes.Chunk, BitPlanes.Chunk, hint, groups);
            for (int group = 0; group < bytes; group++)
            {
                BitPlanes.Split(ref groups[group * BitPlanes.Chunk], ref Unsafe.Add(ref planes, (group * 8 * stride) + (chunk * BitPlanes.PlaneBytes)), stride);
            }
        }

        int done = chunks * BitPlanes.Chunk;
        int rest = samples - done;
        if (rest > 0)
        {
            // The last samples, fewer than a chunk, stay as bytes: first all lowest, then the next…
            Differences(source, done, rest, hint, groups);
            for (int group = 0; group < bytes; group++)
            {
                groups.Slice(group * BitPlanes.Chunk, rest).CopyTo(target[((chunks * chunkBytes) + (group * rest))..]);
            }
        }
    }

    private static void Backward(ReadOnlySpan<byte> source, in FilterHint hint, int samples, Span<byte> target)
    {
        int bytes = hint.BytesPerSample;
        int chunks = samples / BitPlanes.Chunk;
        int stride = chunks * BitPlanes.PlaneBytes;
        int chunkBytes = BitPlanes.Chunk * bytes;
        Span<byte> groups = stackalloc byte[BitPlanes.Chunk * 4];
        ref byte planes = ref MemoryMarshal.GetReference(source);
        for (int chunk = 0; chunk < chunks; chunk++)
        {
            for (int group = 0; group < bytes; group++)
            {
                BitPlanes.Join(ref Unsafe.Add(ref planes, (group * 8 * stride) + (chunk * BitPlanes.PlaneBytes)), stride, ref groups[group * BitPlanes.Chunk]);
            }

            Sums(groups, target, chunk * BitPlanes.Chunk, BitPlanes.Chunk, hint);
        }

        int done = chunks * BitPlanes.Chunk;
        int rest = samples - done;
        if (rest > 0)
        {
            for (int group = 0; group < bytes; group++)
            {
                source.Slice((chunks * chunkBytes) + (group * rest), rest).CopyTo(groups[(group * BitPlanes.Chunk)..]);
            }

            Sums(groups, target, done, rest, hint);
        }
    }

    /// <summary>Zig-zagged differences of samples [first, first + count) of the region, byte g of each at groups[256 g + i].</summary>
    private static void Differences(ReadOnlySpan<byte> region, int first, int count, in FilterHint hint, Span<byte> groups)
    {
        int lag = hint.SamplesPerPixel;
        int i = 0;
        if (hint.BytesPerSample == 2 && !hint.BigEndian && BitConverter.IsLittleEndian && Vector128.IsHardwareAccelerated)
        {
            ReadOnlySpan<ushort> samples = MemoryMarshal.Cast<byte, ushort>(region);
            for (; i < count && first + i < lag; i++)
            {
                Put16(groups, i, samples[first + i]);
            }

            ref ushort current = ref MemoryMarshal.GetReference(samples);
            ref byte low = ref MemoryMarshal.GetReference(groups);
            for (; i + 16 <= count; i += 16)
            {
                Vector128<ushort> a = ZigZag16(Load16(ref current, first + i) - Load16(ref current, first + i - lag));
                Vector128<ushort> b = ZigZag16(Load16(ref current, first + i + 8) - Load16(ref current, first + i + 8 - lag));
                Vector128<ushort> mask = Vector128.Create((ushort)0xFF);
                Vector128.Narrow(a & mask, b & mask).StoreUnsafe(ref low, (nuint)i);
                Vector128.Narrow(a >>> 8, b >>> 8).StoreUnsafe(ref low, (nuint)(BitPlanes.Chunk + i));
            }

            for (; i < count; i++)
            {
                Put16(groups, i, (ushort)(samples[first + i] - samples[first + i - lag]));
            }

            return;
        }

        switch (hint.BytesPerSample)
        {
            case 1:
                for (; i < count; i++)
                {
                    sbyte difference = (sbyte)(region[first + i] - (first + i < lag ? 0 : region[first + i - lag]));
                    groups[i] = (byte)((difference << 1) ^ (difference >> 7));
                }

                break;
            case 2:
                for (; i < count; i++)
                {
                    Put16(groups, i, (ushort)(Get16(region, first + i, hint.BigEndian) - (first + i < lag ? 0 : Get16(region, first + i - lag, hint.BigEndian))));
                }

                break;
            default:
                for (; i < count; i++)
                {
                    int difference = (int)(Get32(region, first + i, hint.BigEndian) - (first + i < lag ? 0 : Get32(region, first + i - lag, hint.BigEndian)));
                    uint folded = (uint)((difference << 1) ^ (difference >> 31));
                    groups[i] = (byte)folded;
                    groups[BitPlanes.Chunk + i] = (byte)(folded >> 8);
                    groups[(2 * BitPlanes.Chunk) + i] = (byte)(folded >> 16);
                    groups[(3 * BitPlanes.Chunk) + i] = (byte)(folded >> 24);
                }

                break;
        }
    }

    /// <summary>The inverse of <see cref="Differences"/>: the samples before <paramref name="first"/> are restored already.</summary>
    private static void Sums(ReadOnlySpan<byte> groups, Span<byte> region, int first, int count, in FilterHint hint)
    {
        int lag = hint.SamplesPerPixel;
        int i = 0;
        if (hint.BytesPerSample == 2 && lag == 1 && !hint.BigEndian && BitConverter.IsLittleEndian && Vector128.IsHardwareAccelerated)
        {
            Span<ushort> samples = MemoryMarshal.Cast<byte, ushort>(region);
            ushort before = first == 0 ? (ushort)0 : samples[first - 1];
            Vector128<ushort> carry = Vector128.Create(before);
            ref ushort target = ref Unsafe.Add(ref MemoryMarshal.GetReference(samples), first);
            ref byte low = ref MemoryMarshal.GetReference(groups);
            for (; i + 16 <= count; i += 16)
            {
                Vector128<byte> l = Vector128.LoadUnsafe(ref low, (nuint)i);
                Vector128<byte> h = Vector128.LoadUnsafe(ref low, (nuint)(BitPlanes.Chunk + i));
                (Vector128<ushort> l0, Vector128<ushort> l1) = Vector128.Widen(l);
                (Vector128<ushort> h0, Vector128<ushort> h1) = Vector128.Widen(h);
                Vector128<ushort> a = Prefix16(Unfold16(l0 | (h0 << 8))) + carry;
                a.StoreUnsafe(ref target, (nuint)i);
                carry = Vector128.Shuffle(a, Vector128.Create((ushort)7));
                Vector128<ushort> b = Prefix16(Unfold16(l1 | (h1 << 8))) + carry;
                b.StoreUnsafe(ref target, (nuint)(i + 8));
                carry = Vector128.Shuffle(b, Vector128.Create((ushort)7));
            }
        }
        else if (hint.BytesPerSample == 1 && lag == 1 && Vector128.IsHardwareAccelerated)
        {
            Vector128<byte> carry = Vector128.Create(first == 0 ? (byte)0 : region[first - 1]);
            ref byte target = ref Unsafe.Add(ref MemoryMarshal.GetReference(region), first);
            ref byte low = ref MemoryMarshal.GetReference(groups);
            for (; i + 16 <= count; i += 16)
            {
                Vector128<byte> folded = Vector128.LoadUnsafe(ref low, (nuint)i);
                Vector128<byte> sum = Prefix8((folded >>> 1) ^ (Vector128<byte>.Zero - (folded & Vector128<byte>.One))) + carry;
                sum.StoreUnsafe(ref target, (nuint)i);
                carry = Vector128.Shuffle(sum, Vector128.Create((byte)15));
            }
        }

        switch (hint.BytesPerSample)
        {
            case 1:
                for (; i < count; i++)
                {
                    byte folded = groups[i];
                    byte difference = (byte)((folded >> 1) ^ -(folded & 1));
                    region[first + i] = (byte)(difference + (first + i < lag ? 0 : region[first + i - lag]));
                }

                break;
            case 2:
                for (; i < count; i++)
                {
                    int folded = groups[i] | (groups[BitPlanes.Chunk + i] << 8);
                    int sample = ((folded >> 1) ^ -(folded & 1)) + (first + i < lag ? 0 : Get16(region, first + i - lag, hint.BigEndian));
                    Span<byte> to = region[(2 * (first + i))..];
                    if (hint.BigEndian)
                    {
                        BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)sample);
                    }
                    else
                    {
                        BinaryPrimitives.WriteUInt16LittleEndian(to, (ushort)sample);
                    }
                }

                break;
            default:
                for (; i < count; i++)
                {
                    uint folded = (uint)(groups[i] | (groups[BitPlanes.Chunk + i] << 8) | (groups[(2 * BitPlanes.Chunk) + i] << 16) | (groups[(3 * BitPlanes.Chunk) + i] << 24));
                    uint sample = ((folded >> 1) ^ (0 - (folded & 1))) + (first + i < lag ? 0 : Get32(region, first + i - lag, hint.BigEndian));
                    Span<byte> to = region[(4 * (first + i))..];
                    if (hint.BigEndian)
                    {
                        BinaryPrimitives.WriteUInt32BigEndian(to, sample);
                    }
                    else
                    {
                        BinaryPrimitives.WriteUInt32LittleEndian(to, sample);
                    }
                }

                break;
        }
    }

    private static ushort Get16(ReadOnlySpan<byte> region, int sample, bool bigEndian) => bigEndian
        ? BinaryPrimitives.ReadUInt16BigEndian(region[(2 * sample)..]) : BinaryPrimitives.ReadUInt16LittleEndian(region[(2 * sample)..]);

    private static uint Get32(ReadOnlySpan<byte> region, int sample, bool bigEndian) => bigEndian
        ? BinaryPrimitives.ReadUInt32BigEndian(region[(4 * sample)..]) : BinaryPrimitives.ReadUInt32LittleEndian(region[(4 * sample)..]);

    private static void Put16(Span<byte> groups, int i, ushort difference)
    {
        short signed = (short)difference;
        int folded = (signed << 1) ^ (signed >> 15);
        groups[i] = (byte)folded;
        groups[BitPlanes.Chunk + i] = (byte)(folded >> 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Load16(ref ushort start, int index) => Vector128.LoadUnsafe(ref start, (nuint)index);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> ZigZag16(Vector128<ushort> difference) =>
        (difference << 1) ^ (difference.AsInt16() >> 15).AsUInt16();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Unfold16(Vector128<ushort> folded) =>
        (folded >>> 1) ^ (Vector128<ushort>.Zero - (folded & Vector128<ushort>.One));

    /// <summary>Running sums of eight lanes; shuffle indices out of range give zero.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Prefix16(Vector128<ushort> x)
    {
        x += Vector128.Shuffle(x, Vector128.Create((ushort)0xFFFF, 0, 1, 2, 3, 4, 5, 6));
        x += Vector128.Shuffle(x, Vector128.Create((ushort)0xFFFF, 0xFFFF, 0, 1, 2, 3, 4, 5));
        return x + Vector128.Shuffle(x, Vector128.Create((ushort)0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0, 1, 2, 3));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Prefix8(Vector128<byte> x)
    {
        x += Vector128.Shuffle(x, Vector128.Create((byte)0xFF, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14));
        x += Vector128.Shuffle(x, Vector128.Create((byte)0xFF, 0xFF, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13));
        x += Vector128.Shuffle(x, Vector128.Create((byte)0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
        return x + Vector128.Shuffle(x, Vector128.Create((byte)0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 2, 3, 4, 5, 6, 7));
    }
}
