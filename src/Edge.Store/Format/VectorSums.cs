using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Store.Format;

/// <summary>
/// Running sums within a vector. <see cref="Vector128.Shuffle(Vector128{byte}, Vector128{byte})"/> needs SSSE3, which a binary compiled ahead of time for all of
/// x86-64 may not assume: there it becomes a loop over the lanes. SSE2, which all have, shifts whole vectors and spreads lanes as well.
/// </summary>
internal static class VectorSums
{
    /// <summary>Lane i becomes the sum of the lanes 0 to i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ushort> Prefix(Vector128<ushort> x)
    {
        if (Sse2.IsSupported)
        {
            x += Sse2.ShiftLeftLogical128BitLane(x, 2);
            x += Sse2.ShiftLeftLogical128BitLane(x, 4);
            return x + Sse2.ShiftLeftLogical128BitLane(x, 8);
        }

        // Indices out of range give zero.
        x += Vector128.Shuffle(x, Vector128.Create((ushort)0xFFFF, 0, 1, 2, 3, 4, 5, 6));
        x += Vector128.Shuffle(x, Vector128.Create((ushort)0xFFFF, 0xFFFF, 0, 1, 2, 3, 4, 5));
        return x + Vector128.Shuffle(x, Vector128.Create((ushort)0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0, 1, 2, 3));
    }

    /// <summary>Lane i becomes the sum of the lanes 0 to i.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Prefix(Vector128<byte> x)
    {
        if (Sse2.IsSupported)
        {
            x += Sse2.ShiftLeftLogical128BitLane(x, 1);
            x += Sse2.ShiftLeftLogical128BitLane(x, 2);
            x += Sse2.ShiftLeftLogical128BitLane(x, 4);
            return x + Sse2.ShiftLeftLogical128BitLane(x, 8);
        }

        x += Vector128.Shuffle(x, Vector128.Create((byte)0xFF, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14));
        x += Vector128.Shuffle(x, Vector128.Create((byte)0xFF, 0xFF, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13));
        x += Vector128.Shuffle(x, Vector128.Create((byte)0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11));
        return x + Vector128.Shuffle(x, Vector128.Create((byte)0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 1, 2, 3, 4, 5, 6, 7));
    }

    /// <summary>The last lane in all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<ushort> SpreadLast(Vector128<ushort> x) => Sse2.IsSupported
        ? Sse2.Shuffle(Sse2.ShuffleHigh(x, 0xFF).AsUInt32(), 0xFF).AsUInt16()
        : Vector128.Shuffle(x, Vector128.Create((ushort)7));

    /// <summary>The last lane in all lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> SpreadLast(Vector128<byte> x) => Sse2.IsSupported
        ? SpreadLast(Sse2.UnpackHigh(x, x).AsUInt16()).AsByte()
        : Vector128.Shuffle(x, Vector128.Create((byte)15));
}
