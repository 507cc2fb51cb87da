using System.Runtime.CompilerServices;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>
/// The state of a code block (annex D): one word for each column of a stripe of four rows, with a border around, so that no neighbour is ever
/// looked for.
/// </summary>
/// <remarks>
/// Bits 3i + 0, 1, 2 say whether the left, own and right coefficient of row i - 1 of the stripe is significant, for i from 0 to 5: the row above
/// and the row below it are included. Bits 18 + 3i + 0, 1, 2 hold the sign of the own coefficient, whether it was refined, and whether this bit-plane
/// visited it. Shifted right by three times a row, all of that row stands at the same places.
/// </remarks>
internal static class BlockFlags
{
    /// <summary>The coefficient of the row, once shifted.</summary>
    public const uint Own = 0x10;

    /// <summary>Its eight neighbours.</summary>
    public const uint Neighbours = 0x1ef;

    /// <summary>All nine: the index of the tables of contexts.</summary>
    public const uint Window = 0x1ff;

    public const uint OwnSign = 1u << 21;
    public const uint Refined = 1u << 22;
    public const uint Visited = 1u << 23;

    /// <summary>From <see cref="Own"/> to <see cref="Visited"/>.</summary>
    public const int VisitedAboveOwn = 19;

    /// <summary><see cref="Own"/> of all four rows.</summary>
    public const ulong AllOwn = 0x2490;

    /// <summary>All significance.</summary>
    public const ulong AllSignificance = 0x3ffff;

    /// <summary><see cref="Visited"/> of all four rows.</summary>
    public const ulong AllVisited = AllOwn << VisitedAboveOwn;

    /// <summary>Contexts of significance by band (0 LL and LH, 1 HL, 2 HH) and window: table D.1.</summary>
    public static readonly byte[] SignificanceContexts = MakeSignificance();

    /// <summary>Contexts of signs, with what the sign is exchanged by in bit 7 (tables D.2 and D.3), by <see cref="SignIndex"/>.</summary>
    public static readonly byte[] SignContexts = MakeSigns();

    /// <summary>
    /// Significance at the odd bits (above, left, right, below), signs at the even ones below each.
    /// </summary>
    /// <param name="own">The word of the column, shifted.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint SignIndex(uint own, ulong left, ulong right, int shift) =>
        (own & 0xaa) | ((own >> 18) & 0x41) | ((uint)(left >> (shift + 19)) & 4) | ((uint)(right >> (shift + 17)) & 0x10);

    /// <summary><see cref="Own"/> of the rows of a stripe.</summary>
    /// <param name="rows">How many there are from its first on; more than four are four.</param>
    public static ulong Inside(int rows) => AllOwn & ((1ul << ((3 * Math.Min(4, rows)) + 2)) - 1);

    /// <summary><see cref="Own"/> of each row that is not significant, but has a neighbour that is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong WithNeighbours(ulong flags)
    {
        // Whether any of three in a row is, at bit 3i; then of three rows.
        ulong any = flags | flags >> 1 | flags >> 2;
        return (any | any >> 3 | any >> 6) << 4 & ~flags & AllOwn;
    }

    /// <summary>Of the three contexts of refinement (table D.4): 2 once it was refined, else 1 where a neighbour is significant.</summary>
    /// <param name="own">The word of the column, shifted.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint RefinementContext(uint own)
    {
        uint refined = (own / Refined) & 1, neighbour = ((own & Neighbours) + 0x1ff) >> 9;
        return (2 * refined) + (neighbour & ~refined);
    }

    /// <summary>Makes a coefficient significant, for its neighbours; its own word is the caller's.</summary>
    /// <param name="word">The word of its column.</param>
    /// <param name="shift">Three times its row.</param>
    /// <param name="stride">Words from one stripe to the next.</param>
    /// <param name="isCausal">Whether the stripe above must not know.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Announce(ref ulong word, int shift, uint sign, int stride, bool isCausal)
    {
        Unsafe.Add(ref word, -1) |= 0x20ul << shift;
        Unsafe.Add(ref word, 1) |= 0x08ul << shift;
        if (shift == 0 && !isCausal)
        {
            ref ulong above = ref Unsafe.Subtract(ref word, stride);
            Unsafe.Add(ref above, -1) |= 1ul << 17;
            above |= (1ul << 16) | ((ulong)sign << 33);
            Unsafe.Add(ref above, 1) |= 1ul << 15;
        }
        else if (shift == 9)
        {
            ref ulong below = ref Unsafe.Add(ref word, stride);
            Unsafe.Add(ref below, -1) |= 1ul << 2;
            below |= (1ul << 1) | ((ulong)sign << 18);
            Unsafe.Add(ref below, 1) |= 1ul;
        }
    }

    private static byte[] MakeSignificance()
    {
        byte[] contexts = new byte[3 * 512];
        for (int window = 0; window < 512; window++)
        {
            int Bit(int i) => (window >> i) & 1;
            int horizontal = Bit(3) + Bit(5), vertical = Bit(1) + Bit(7), diagonal = Bit(0) + Bit(2) + Bit(6) + Bit(8);
            contexts[window] = (byte)Straight(horizontal, vertical, diagonal);
            contexts[512 + window] = (byte)Straight(vertical, horizontal, diagonal);
            int straight = horizontal + vertical;
            contexts[1024 + window] = (byte)(diagonal switch
            {
                >= 3 => 8,
                2 => straight >= 1 ? 7 : 6,
                1 => straight >= 2 ? 5 : 3 + straight,
                _ => Math.Min(straight, 2),
            });
        }

        return contexts;
    }

    private static int Straight(int along, int across, int diagonal) => along switch
    {
        2 => 8,
        1 => across >= 1 ? 7 : diagonal >= 1 ? 6 : 5,
        _ => across >= 1 ? 2 + across : Math.Min(diagonal, 2),
    };

    private static byte[] MakeSigns()
    {
        byte[] contexts = new byte[256];
        for (int index = 0; index < 256; index++)
        {
            int Of(int significance, int sign) => ((index >> significance) & 1) * (1 - (2 * ((index >> sign) & 1)));
            int vertical = Math.Clamp(Of(1, 0) + Of(7, 6), -1, 1), horizontal = Math.Clamp(Of(3, 2) + Of(5, 4), -1, 1);
            bool isExchanged = horizontal < 0 || (horizontal == 0 && vertical < 0);
            int context = isExchanged ? (-3 * horizontal) - vertical : (3 * horizontal) + vertical;
            contexts[index] = (byte)(MqStates.Sign + context + (isExchanged ? 0x80 : 0));
        }

        return contexts;
    }
}
