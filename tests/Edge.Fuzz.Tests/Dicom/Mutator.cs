namespace Edge.Fuzz.Tests.Dicom;

/// <summary>Makes bad files of good ones: flips, lengths that lie, cuts, repeats, splices, tags and delimiters in wrong places. Deterministic by its seed.</summary>
internal sealed class Mutator(int seed)
{
    private static readonly byte[][] Snippets =
    [
        [0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0xFF, 0xFF, 0xFF], [0xFE, 0xFF, 0x0D, 0xE0, 0, 0, 0, 0], [0xFE, 0xFF, 0xDD, 0xE0, 0, 0, 0, 0],
        [0x08, 0x00, 0x15, 0x11, (byte)'S', (byte)'Q', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], [0x09, 0x00, 0x01, 0x10, (byte)'U', (byte)'N', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF],
        [0xE0, 0x7F, 0x10, 0x00, (byte)'O', (byte)'B', 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0x7F], [0, 0, 0, 0], [0xFE, 0xFF],
        [0x1B, (byte)'$', (byte)'B'], [0x1B, (byte)'(', (byte)'J'], [0x1B, (byte)'$', (byte)')', (byte)'C'], [(byte)'\\'], [0x02, 0x00, 0x10, 0x00, (byte)'U', (byte)'I'],
    ];

    private readonly Random _random = new(seed);

    public int Next(int limit) => _random.Next(limit);

    public byte[] Mutate(byte[] input, IReadOnlyList<byte[]> others)
    {
        var bytes = new List<byte>(input);
        for (int i = 1 + _random.Next(4); i > 0 && bytes.Count > 0; i--)
        {
            // Headers are where it hurts: half of all changes hit the first kilobyte.
            int at = _random.Next(_random.Next(2) == 0 ? bytes.Count : Math.Min(bytes.Count, 1024));
            int length = 1 + _random.Next(Math.Min(32, bytes.Count - at));
            switch (_random.Next(9))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << _random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)_random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 4:
                    bytes.InsertRange(at, Snippets[_random.Next(Snippets.Length)]);
                    break;
                case 5:
                    byte[] snippet = Snippets[_random.Next(Snippets.Length)];
                    for (int j = 0; j < snippet.Length && at + j < bytes.Count; j++)
                    {
                        bytes[at + j] = snippet[j];
                    }

                    break;
                case 6:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 7:
                    byte[] other = others[_random.Next(others.Count)];
                    int from = _random.Next(other.Length);
                    bytes.InsertRange(at, other.AsSpan(from, Math.Min(64, other.Length - from)).ToArray());
                    break;
                default:
                    at &= ~1;
                    for (int j = at; j < Math.Min(at + 4, bytes.Count); j++)
                    {
                        bytes[j] = (byte)(_random.Next(3) == 0 ? 0xFF : _random.Next(256));
                    }

                    break;
            }
        }

        return [.. bytes];
    }
}
