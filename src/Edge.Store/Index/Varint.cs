namespace Edge.Store.Index;

/// <summary>Unsigned integers in groups of seven bits, least significant first.</summary>
internal static class Varint
{
    public const int MaximumLength = 10;

    public static int Write(Span<byte> target, ulong value)
    {
        int at = 0;
        while (value >= 0x80)
        {
            target[at++] = (byte)(value | 0x80);
            value >>= 7;
        }

        target[at++] = (byte)value;
        return at;
    }

    /// <summary>The number of bytes used, or 0 if <paramref name="source"/> holds no whole number.</summary>
    public static int Read(ReadOnlySpan<byte> source, out ulong value)
    {
        value = 0;
        for (int i = 0; i < source.Length && i < MaximumLength; i++)
        {
            value |= (ulong)(source[i] & 0x7F) << (7 * i);
            if (source[i] < 0x80)
            {
                return i + 1;
            }
        }

        return 0;
    }
}
