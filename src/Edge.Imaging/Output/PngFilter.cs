using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Edge.Imaging.Output;

/// <summary>
/// The filters of PNG (ISO/IEC 15948 clause 9) that pay for themselves: none, left neighbour, upper neighbour and Paeth. Each row gets the one whose
/// differences are smallest in sum, the usual heuristic (clause 12.8).
/// </summary>
internal static class PngFilter
{
    public const byte None = 0;
    public const byte Sub = 1;
    public const byte Up = 2;
    public const byte Paeth = 4;

    /// <summary>Filters one row.</summary>
    /// <param name="row">Its bytes, preceded by <paramref name="distance"/> bytes of zero.</param>
    /// <param name="above">The row above in the same form; zeros for the first.</param>
    /// <param name="distance">Bytes per pixel.</param>
    /// <param name="to">Takes the filter's number and the filtered bytes.</param>
    /// <param name="scratch">Room for three filtered rows.</param>
    public static void Apply(ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int distance, Span<byte> to, Span<byte> scratch)
    {
        int length = row.Length - distance;
        Span<byte> sub = scratch[..length], up = scratch.Slice(length, length), paeth = scratch.Slice(2 * length, length);
        (long none, long subSum, long upSum, long paethSum) = Differences(row, above, distance, sub, up, paeth);
        long least = Math.Min(Math.Min(none, subSum), Math.Min(upSum, paethSum));
        if (least == none)
        {
            to[0] = None;
            row[distance..].CopyTo(to[1..]);
        }
        else
        {
            to[0] = least == paethSum ? Paeth : least == subSum ? Sub : Up;
            (least == paethSum ? paeth : least == subSum ? sub : up).CopyTo(to[1..]);
        }
    }

    private static (long None, long Sub, long Up, long Paeth) Differences(
        ReadOnlySpan<byte> row, ReadOnlySpan<byte> above, int distance, Span<byte> sub, Span<byte> up, Span<byte> paeth)
    {
        int length = sub.Length;
        int i = 0;
        Vector128<uint> noneSums = default, subSums = default, upSums = default, paethSums = default;
        ref byte leftAt = ref MemoryMarshal.GetReference(row);
        ref byte cornerAt = ref MemoryMarshal.GetReference(above);
        for (; i <= length - 16; i += 16)
        {
            Vector128<byte> value = Vector128.LoadUnsafe(ref leftAt, (nuint)(i + distance));
            Vector128<byte> left = Vector128.LoadUnsafe(ref leftAt, (nuint)i);
            Vector128<byte> upper = Vector128.LoadUnsafe(ref cornerAt, (nuint)(i + distance));
            Vector128<byte> corner = Vector128.LoadUnsafe(ref cornerAt, (nuint)i);
            Vector128<byte> bySub = value - left, byUp = value - upper, byPaeth = value - Predict(left, upper, corner);
            bySub.StoreUnsafe(ref MemoryMarshal.GetReference(sub), (nuint)i);
            byUp.StoreUnsafe(ref MemoryMarshal.GetReference(up), (nuint)i);
            byPaeth.StoreUnsafe(ref MemoryMarshal.GetReference(paeth), (nuint)i);
            noneSums += Magnitude(value);
            subSums += Magnitude(bySub);
            upSums += Magnitude(byUp);
            paethSums += Magnitude(byPaeth);
        }

        long none = Vector128.Sum(noneSums), subSum = Vector128.Sum(subSums), upSum = Vector128.Sum(upSums), paethSum = Vector128.Sum(paethSums);
        for (; i < length; i++)
        {
            byte value = row[i + distance];
            sub[i] = (byte)(value - row[i]);
            up[i] = (byte)(value - above[i + distance]);
            paeth[i] = (byte)(value - Predict(row[i], above[i + distance], above[i]));
            none += Math.Abs((int)(sbyte)value);
            subSum += Math.Abs((int)(sbyte)sub[i]);
            upSum += Math.Abs((int)(sbyte)up[i]);
            paethSum += Math.Abs((int)(sbyte)paeth[i]);
        }

        return (none, subSum, upSum, paethSum);
    }

    // |value| as a signed byte, summed over lanes. A row has at most 65535 * 6 bytes: 32 bits hold the sum.
    private static Vector128<uint> Magnitude(Vector128<byte> value)
    {
        Vector128<byte> magnitude = Vector128.Min(value, Vector128<byte>.Zero - value);
        (Vector128<ushort> low, Vector128<ushort> high) = Vector128.Widen(magnitude);
        (Vector128<uint> a, Vector128<uint> b) = Vector128.Widen(low + high);
        return a + b;
    }

    private static Vector128<byte> Predict(Vector128<byte> left, Vector128<byte> upper, Vector128<byte> corner)
    {
        (Vector128<ushort> leftLow, Vector128<ushort> leftHigh) = Vector128.Widen(left);
        (Vector128<ushort> upperLow, Vector128<ushort> upperHigh) = Vector128.Widen(upper);
        (Vector128<ushort> cornerLow, Vector128<ushort> cornerHigh) = Vector128.Widen(corner);
        return Vector128.Narrow(
            Predict(leftLow.AsInt16(), upperLow.AsInt16(), cornerLow.AsInt16()).AsUInt16(),
            Predict(leftHigh.AsInt16(), upperHigh.AsInt16(), cornerHigh.AsInt16()).AsUInt16());
    }

    private static Vector128<short> Predict(Vector128<short> left, Vector128<short> upper, Vector128<short> corner)
    {
        Vector128<short> toLeft = Vector128.Abs(upper - corner);
        Vector128<short> toUpper = Vector128.Abs(left - corner);
        Vector128<short> toCorner = Vector128.Abs(left + upper - corner - corner);
        Vector128<short> nearer = Vector128.ConditionalSelect(Vector128.LessThanOrEqual(toUpper, toCorner), upper, corner);
        Vector128<short> isLeft = Vector128.LessThanOrEqual(toLeft, Vector128.Min(toUpper, toCorner));
        return Vector128.ConditionalSelect(isLeft, left, nearer);
    }

    private static byte Predict(byte left, byte upper, byte corner)
    {
        int toLeft = Math.Abs(upper - corner);
        int toUpper = Math.Abs(left - corner);
        int toCorner = Math.Abs(left + upper - (2 * corner));
        return toLeft <= toUpper && toLeft <= toCorner ? left : toUpper <= toCorner ? upper : corner;
    }
}
