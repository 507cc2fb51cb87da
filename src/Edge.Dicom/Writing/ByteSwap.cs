using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Edge.Dicom.Writing;

/// <summary>Turns words around between byte orders, in place and vectorised.</summary>
public static class ByteSwap
{
    /// <param name="bytes">Whole words; a rest that is none stays as it is.</param>
    /// <param name="word">2, 4 or 8 bytes.</param>
    public static void Swap(Span<byte> bytes, int word)
    {
        bytes = bytes[..(bytes.Length / word * word)];
        switch (word)
        {
            case 2:
                Span<ushort> shorts = MemoryMarshal.Cast<byte, ushort>(bytes);
                BinaryPrimitives.ReverseEndianness(shorts, shorts);
                break;
            case 4:
                Span<uint> ints = MemoryMarshal.Cast<byte, uint>(bytes);
                BinaryPrimitives.ReverseEndianness(ints, ints);
                break;
            case 8:
                Span<ulong> longs = MemoryMarshal.Cast<byte, ulong>(bytes);
                BinaryPrimitives.ReverseEndianness(longs, longs);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(word));
        }
    }
}
