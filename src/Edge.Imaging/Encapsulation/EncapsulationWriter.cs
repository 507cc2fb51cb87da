using System.Buffers;
using System.Buffers.Binary;
using Edge.Core.Errors;

namespace Edge.Imaging.Encapsulation;

/// <summary>Writes the value of encapsulated pixel data (PS3.5 A.4): the basic offset table, one fragment per frame, the delimiter.</summary>
public static class EncapsulationWriter
{
    /// <summary>Begins with the basic offset table; it stays empty where offsets do not fit into 32 bits.</summary>
    /// <param name="frameLengths">The bytes of each frame, without padding.</param>
    public static void WriteOffsetTable(IBufferWriter<byte> output, ReadOnlySpan<int> frameLengths)
    {
        long end = 0;
        foreach (int length in frameLengths)
        {
            end += 8L + length + (length & 1);
        }

        bool fits = end <= uint.MaxValue && frameLengths.Length <= int.MaxValue / 8;
        WriteHeader(output, 0xe000, fits ? 4 * frameLengths.Length : 0);
        uint offset = 0;
        for (int i = 0; fits && i < frameLengths.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(output.GetSpan(4), offset);
            output.Advance(4);
            offset += 8u + (uint)frameLengths[i] + (uint)(frameLengths[i] & 1);
        }
    }

    /// <summary>One frame as one fragment, padded to an even length.</summary>
    public static void WriteFrame(IBufferWriter<byte> output, ReadOnlySpan<byte> codestream)
    {
        if (codestream.Length == int.MaxValue)
        {
            throw new ImageException(ErrorCode.IncompatibleImageSize, "a compressed frame is too large for a fragment");
        }

        WriteHeader(output, 0xe000, codestream.Length + (codestream.Length & 1));
        output.Write(codestream);
        if ((codestream.Length & 1) != 0)
        {
            output.Write<byte>([0]);
        }
    }

    /// <summary>The delimiter that ends the value.</summary>
    public static void WriteEnd(IBufferWriter<byte> output) => WriteHeader(output, 0xe0dd, 0);

    private static void WriteHeader(IBufferWriter<byte> output, ushort element, int length)
    {
        Span<byte> header = output.GetSpan(8);
        BinaryPrimitives.WriteUInt16LittleEndian(header, 0xfffe);
        BinaryPrimitives.WriteUInt16LittleEndian(header[2..], element);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], length);
        output.Advance(8);
    }
}
