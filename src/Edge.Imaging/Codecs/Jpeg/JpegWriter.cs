using System.Buffers;
using System.Buffers.Binary;

namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>Writes marker segments (ISO/IEC 10918-1 annex B).</summary>
internal static class JpegWriter
{
    public static void Marker(ArrayBufferWriter<byte> output, int marker) => output.Write<byte>([0xff, (byte)marker]);

    public static void Segment(ArrayBufferWriter<byte> output, int marker, ReadOnlySpan<byte> content)
    {
        Span<byte> head = output.GetSpan(4);
        (head[0], head[1]) = (0xff, (byte)marker);
        BinaryPrimitives.WriteUInt16BigEndian(head[2..], (ushort)(content.Length + 2));
        output.Advance(4);
        output.Write(content);
    }

    /// <summary>A frame header; components are numbered from 1.</summary>
    public static void Frame(ArrayBufferWriter<byte> output, int marker, ImageDescription image, int precision, ReadOnlySpan<byte> quantization)
    {
        Span<byte> content = stackalloc byte[18];
        content[0] = (byte)precision;
        BinaryPrimitives.WriteUInt16BigEndian(content[1..], (ushort)image.Rows);
        BinaryPrimitives.WriteUInt16BigEndian(content[3..], (ushort)image.Columns);
        content[5] = (byte)image.SamplesPerPixel;
        for (int i = 0; i < image.SamplesPerPixel; i++)
        {
            (content[6 + (3 * i)], content[7 + (3 * i)], content[8 + (3 * i)]) = ((byte)(i + 1), 0x11, quantization[i]);
        }

        Segment(output, marker, content[..(6 + (3 * image.SamplesPerPixel))]);
    }

    /// <summary>A scan header for <paramref name="count"/> components from <paramref name="first"/> on.</summary>
    public static void Scan(ArrayBufferWriter<byte> output, int first, int count, ReadOnlySpan<byte> tables, int start, int end, int approximation)
    {
        Span<byte> content = stackalloc byte[12];
        content[0] = (byte)count;
        for (int i = 0; i < count; i++)
        {
            (content[1 + (2 * i)], content[2 + (2 * i)]) = ((byte)(first + i + 1), tables[first + i]);
        }

        (content[1 + (2 * count)], content[2 + (2 * count)], content[3 + (2 * count)]) = ((byte)start, (byte)end, (byte)approximation);
        Segment(output, 0xda, content[..(4 + (2 * count))]);
    }

    public static void Huffman(ArrayBufferWriter<byte> output, int place, HuffmanCode code)
    {
        Span<byte> content = stackalloc byte[17 + 256];
        content[0] = (byte)place;
        code.Counts.CopyTo(content[1..]);
        code.Symbols.CopyTo(content[17..]);
        Segment(output, 0xc4, content[..(17 + code.Symbols.Length)]);
    }
}
