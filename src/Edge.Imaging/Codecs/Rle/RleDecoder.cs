using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.Rle;

/// <summary>RLE (PS3.5 annex G): one segment for each byte of a sample of each component, the most significant byte first.</summary>
internal static class RleDecoder
{
    private const int HeaderSize = 64;

    /// <summary>The most bytes that one byte of a codestream may become: a run of 128 takes two.</summary>
    private const int GreatestExpansion = 64;

    public static CodedSamples Decode(ImageDescription image, ReadOnlySpan<byte> codestream)
    {
        int components = image.SamplesPerPixel;
        int bytes = image.BitsAllocated / 8;
        int segments = components * bytes;
        if (bytes == 0)
        {
            throw new ImageException(ErrorCode.NotImplemented, "RLE of 1-bit samples is not decodable");
        }

        if (codestream.Length < HeaderSize || BinaryPrimitives.ReadUInt32LittleEndian(codestream) is var count && count != segments)
        {
            throw new ImageException(ErrorCode.CorruptedFile, $"the RLE header is short or not of {segments} segments");
        }

        int pixels = image.Rows * image.Columns;
        if ((long)codestream.Length * GreatestExpansion < (long)pixels * segments)
        {
            throw new ImageException(ErrorCode.CorruptedFile, $"{codestream.Length} bytes of RLE cannot hold {pixels} pixels");
        }

        PixelBuffer cells = SampleInterpreter.CellsFor(image.Columns, image.Rows, components, image.BitsAllocated);
        byte[]? planes = null;
        try
        {
            if (segments == 1)
            {
                Unpack(Segment(codestream, 0, 1), cells.Bytes);
            }
            else
            {
                planes = ArrayPool<byte>.Shared.Rent(pixels * segments);
                for (int i = 0; i < segments; i++)
                {
                    Unpack(Segment(codestream, i, segments), planes.AsSpan(i * pixels, pixels));
                }

                Interleave(planes.AsSpan(0, pixels * segments), pixels, components, bytes, cells.Bytes);
            }

            bool isYbr = components == 3 && image.PhotometricName.StartsWith("YBR", StringComparison.Ordinal);
            return new CodedSamples(cells, image.BitsAllocated, isYbr);
        }
        catch
        {
            cells.Dispose();
            throw;
        }
        finally
        {
            if (planes is not null)
            {
                ArrayPool<byte>.Shared.Return(planes);
            }
        }
    }

    private static ReadOnlySpan<byte> Segment(ReadOnlySpan<byte> codestream, int index, int count)
    {
        uint start = BinaryPrimitives.ReadUInt32LittleEndian(codestream[(4 + (4 * index))..]);
        uint end = index + 1 < count ? BinaryPrimitives.ReadUInt32LittleEndian(codestream[(8 + (4 * index))..]) : (uint)codestream.Length;
        return start >= HeaderSize && start <= end && end <= codestream.Length
            ? codestream[(int)start..(int)end]
            : throw new ImageException(ErrorCode.CorruptedFile, $"RLE segment {index} from {start} to {end} does not lie in {codestream.Length} bytes");
    }

    // PackBits. While a whole run fits on both sides, it is moved in vectors that may write beyond it: the next run overwrites that.
    private static void Unpack(ReadOnlySpan<byte> from, Span<byte> to)
    {
        int at = 0, done = 0;
        ref byte source = ref MemoryMarshal.GetReference(from);
        ref byte target = ref MemoryMarshal.GetReference(to);
        while (at <= from.Length - 129 && done <= to.Length - 128)
        {
            int control = (sbyte)Unsafe.Add(ref source, at);
            if (control >= 0)
            {
                int length = control + 1;
                for (int i = 0; i < length; i += Vector128<byte>.Count)
                {
                    Vector128.LoadUnsafe(ref source, (nuint)(at + 1 + i)).StoreUnsafe(ref target, (nuint)(done + i));
                }

                at += 1 + length;
                done += length;
            }
            else if (control != -128)
            {
                int length = 1 - control;
                Vector128<byte> value = Vector128.Create(Unsafe.Add(ref source, at + 1));
                for (int i = 0; i < length; i += Vector128<byte>.Count)
                {
                    value.StoreUnsafe(ref target, (nuint)(done + i));
                }

                at += 2;
                done += length;
            }
            else
            {
                at++;
            }
        }

        UnpackEnd(from[at..], to[done..]);
    }

    private static void UnpackEnd(ReadOnlySpan<byte> from, Span<byte> to)
    {
        int at = 0, done = 0;
        while (done < to.Length && at < from.Length)
        {
            int control = (sbyte)from[at++];
            if (control >= 0)
            {
                int length = Math.Min(control + 1, Math.Min(from.Length - at, to.Length - done));
                from.Slice(at, length).CopyTo(to[done..]);
                at += length;
                done += length;
            }
            else if (control != -128 && at < from.Length)
            {
                int length = Math.Min(1 - control, to.Length - done);
                to.Slice(done, length).Fill(from[at++]);
                done += length;
            }
        }

        if (done < to.Length)
        {
            throw new ImageException(ErrorCode.CorruptedFile, $"an RLE segment ends {to.Length - done} bytes too early");
        }
    }

    private static void Interleave(ReadOnlySpan<byte> planes, int pixels, int components, int bytes, Span<byte> cells)
    {
        if (components == 1 && bytes == 2)
        {
            Join(planes[..pixels], planes[pixels..], cells);
            return;
        }

        if (components == 3 && bytes == 1)
        {
            ReadOnlySpan<byte> red = planes[..pixels], green = planes.Slice(pixels, pixels), blue = planes.Slice(2 * pixels, pixels);
            for (int i = 0; i < pixels; i++)
            {
                Span<byte> pixel = cells.Slice(3 * i, 3);
                (pixel[0], pixel[1], pixel[2]) = (red[i], green[i], blue[i]);
            }

            return;
        }

        int step = components * bytes;
        for (int component = 0; component < components; component++)
        {
            for (int place = 0; place < bytes; place++)
            {
                ReadOnlySpan<byte> plane = planes.Slice(((component * bytes) + place) * pixels, pixels);
                int at = (component * bytes) + (BitConverter.IsLittleEndian ? bytes - 1 - place : place);
                foreach (byte value in plane)
                {
                    cells[at] = value;
                    at += step;
                }
            }
        }
    }

    private static void Join(ReadOnlySpan<byte> high, ReadOnlySpan<byte> low, Span<byte> cells)
    {
        Span<ushort> to = MemoryMarshal.Cast<byte, ushort>(cells);
        high = high[..to.Length];
        low = low[..to.Length];
        ref byte highs = ref MemoryMarshal.GetReference(high);
        ref byte lows = ref MemoryMarshal.GetReference(low);
        ref ushort target = ref MemoryMarshal.GetReference(to);
        int i = 0;
        for (; i <= to.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            (Vector128<ushort> highLower, Vector128<ushort> highUpper) = Vector128.Widen(Vector128.LoadUnsafe(ref highs, (nuint)i));
            (Vector128<ushort> lowLower, Vector128<ushort> lowUpper) = Vector128.Widen(Vector128.LoadUnsafe(ref lows, (nuint)i));
            (Vector128.ShiftLeft(highLower, 8) | lowLower).StoreUnsafe(ref target, (nuint)i);
            (Vector128.ShiftLeft(highUpper, 8) | lowUpper).StoreUnsafe(ref target, (nuint)(i + 8));
        }

        for (; i < to.Length; i++)
        {
            to[i] = (ushort)(high[i] << 8 | low[i]);
        }
    }
}
