using System.Buffers.Binary;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.Elscint;

/// <summary>
/// Decodes what Elscint's scanners name <c>PMSCT_RLE1</c> (07a1,xx11): one frame of 16-bit gray in a private element (07a1,xx0a), in place of
/// pixel data.
/// </summary>
/// <remarks>
/// Two layers. Runs: <c>A5 n v</c> is n + 1 times v, any other byte is itself. What they yield are differences: <c>5A low high</c> is a sample,
/// any other byte, with its sign, is added to the sample before; the first one follows 0.
/// </remarks>
public static class ElscintRleDecoder
{
    private const byte Run = 0xa5, Whole = 0x5a;

    /// <summary>No three bytes of a run make more samples than these; an image that claims more is not believed.</summary>
    private const int GreatestRun = 256;

    /// <summary>Decodes a frame.</summary>
    /// <param name="coded">The value of the private element; bytes after the last sample are ignored.</param>
    /// <param name="samples">How many there are.</param>
    /// <returns>The samples, two bytes each, little endian.</returns>
    /// <exception cref="ImageException"><see cref="ErrorCode.CorruptedFile"/>: they end too early.</exception>
    public static byte[] Decode(ReadOnlySpan<byte> coded, int samples)
    {
        if ((long)coded.Length * GreatestRun / 3 < samples)
        {
            throw Short(coded, samples);
        }

        byte[] decoded = GC.AllocateUninitializedArray<byte>(checked(2 * samples));
        Differences differences = new(decoded);
        for (int at = 0; at < coded.Length && !differences.IsFull;)
        {
            if (coded[at] != Run)
            {
                differences.Add(coded[at++]);
            }
            else if (coded.Length - at >= 3)
            {
                for (int left = coded[at + 1] + 1; left > 0 && !differences.IsFull; left--)
                {
                    differences.Add(coded[at + 2]);
                }

                at += 3;
            }
            else
            {
                break;
            }
        }

        return differences.IsFull ? decoded : throw Short(coded, samples);
    }

    private static ImageException Short(ReadOnlySpan<byte> coded, int samples) =>
        new(ErrorCode.CorruptedFile, $"{coded.Length} bytes of PMSCT_RLE1 do not hold {samples} samples");

    /// <summary>The second layer, byte by byte, for a run may cross from one sample into the next.</summary>
    private ref struct Differences(Span<byte> target)
    {
        private readonly Span<byte> _target = target;
        private int _at;
        private int _awaited;
        private ushort _sample;

        public readonly bool IsFull => _at == _target.Length;

        public void Add(byte value)
        {
            switch (_awaited)
            {
                case 2:
                    _sample = value;
                    _awaited = 1;
                    return;
                case 1:
                    _sample |= (ushort)(value << 8);
                    _awaited = 0;
                    break;
                default:
                    if (value == Whole)
                    {
                        _awaited = 2;
                        return;
                    }

                    _sample = unchecked((ushort)(_sample + (sbyte)value));
                    break;
            }

            BinaryPrimitives.WriteUInt16LittleEndian(_target[_at..], _sample);
            _at += 2;
        }
    }
}
