using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>A lifting filter (annex F.3.8, F.4.8): steps that change even and odd samples in turn by their two neighbours.</summary>
internal interface ILifting<T>
    where T : unmanaged
{
    static abstract int Steps { get; }

    /// <summary>A step of the way back: the even samples for steps 0, 2, ...</summary>
    static abstract void Undo(int step, Span<T> target, ReadOnlySpan<T> before, ReadOnlySpan<T> after);

    /// <summary>The same step on the way there.</summary>
    static abstract void Do(int step, Span<T> target, ReadOnlySpan<T> before, ReadOnlySpan<T> after);

    /// <summary>Scales low or high samples, before the way back or after the way there.</summary>
    static abstract void Scale(Span<T> samples, bool isHigh, bool isBack);

    /// <summary>A high sample that is alone (F.3.6).</summary>
    static abstract T Single(T sample, bool isBack);
}

/// <summary>The wavelet transforms of the plane, of one level each: rows, then columns on the way back, the other way round on the way there.</summary>
internal static class Wavelet<T, TLifting>
    where T : unmanaged
    where TLifting : ILifting<T>
{
    /// <summary>Four bands become one.</summary>
    /// <param name="x0">The first column of the result, of which the parity counts.</param>
    /// <param name="low">LL, by rows without gaps.</param>
    /// <param name="room">At least 2 (width + 8).</param>
    public static void Compose(int x0, int y0, int width, int height, ReadOnlySpan<T> low, ReadOnlySpan<T> right, ReadOnlySpan<T> below, ReadOnlySpan<T> both, Span<T> result, Span<T> room)
    {
        int px = x0 & 1, py = y0 & 1, lowWidth = (width + 1 - px) / 2, highWidth = width - lowWidth;
        for (int y = 0; y < height; y++)
        {
            bool isHigh = ((y + py) & 1) != 0;
            int row = y / 2;
            Row(px, (isHigh ? below : low).Slice(row * lowWidth, lowWidth), (isHigh ? both : right).Slice(row * highWidth, highWidth), result.Slice(y * width, width), room);
        }

        if (height == 1)
        {
            for (int x = 0; py != 0 && x < width; x++)
            {
                result[x] = TLifting.Single(result[x], isBack: true);
            }

            return;
        }

        for (int y = 0; y < height; y++)
        {
            TLifting.Scale(result.Slice(y * width, width), ((y + py) & 1) != 0, isBack: true);
        }

        for (int step = 0; step < TLifting.Steps; step++)
        {
            for (int y = (step + py) & 1; y < height; y += 2)
            {
                TLifting.Undo(step, result.Slice(y * width, width), Neighbour(result, y - 1, width, height), Neighbour(result, y + 1, width, height));
            }
        }
    }

    /// <summary>One becomes four bands; <paramref name="plane"/> is spent.</summary>
    public static void Split(int width, int height, Span<T> plane, Span<T> low, Span<T> right, Span<T> below, Span<T> both, Span<T> room)
    {
        int lowWidth = (width + 1) / 2, highWidth = width - lowWidth;
        for (int step = TLifting.Steps - 1; step >= 0 && height > 1; step--)
        {
            for (int y = step & 1; y < height; y += 2)
            {
                TLifting.Do(step, plane.Slice(y * width, width), Neighbour(plane, y - 1, width, height), Neighbour(plane, y + 1, width, height));
            }
        }

        for (int y = 0; y < height; y++)
        {
            bool isHigh = (y & 1) != 0;
            Span<T> row = plane.Slice(y * width, width);
            if (height > 1)
            {
                TLifting.Scale(row, isHigh, isBack: false);
            }

            SplitRow(row, (isHigh ? below : low).Slice(y / 2 * lowWidth, lowWidth), (isHigh ? both : right).Slice(y / 2 * highWidth, highWidth), room);
        }
    }

    // The signal is mirrored at its ends (F.3.7).
    private static ReadOnlySpan<T> Neighbour(ReadOnlySpan<T> plane, int y, int width, int height)
    {
        y = y < 0 ? 1 : y >= height ? height - 2 : y;
        return plane.Slice(y * width, width);
    }

    private static void Row(int parity, ReadOnlySpan<T> low, ReadOnlySpan<T> high, Span<T> result, Span<T> room)
    {
        if (result.Length == 1)
        {
            result[0] = parity == 0 ? low[0] : TLifting.Single(high[0], isBack: true);
            return;
        }

        // Even and odd samples, each with a mirrored one on either side.
        Span<T> even = room[..(low.Length + 2)], odd = room.Slice(low.Length + 2, high.Length + 2);
        low.CopyTo(even[1..]);
        high.CopyTo(odd[1..]);
        TLifting.Scale(even.Slice(1, low.Length), isHigh: false, isBack: true);
        TLifting.Scale(odd.Slice(1, high.Length), isHigh: true, isBack: true);
        for (int step = 0; step < TLifting.Steps; step++)
        {
            bool onEven = (step & 1) == 0;
            Span<T> target = onEven ? even : odd, other = onEven ? odd : even;
            int first = onEven ? parity : 1 - parity;
            Mirror(other);
            TLifting.Undo(step, target[1..^1], other.Slice(first, target.Length - 2), other.Slice(first + 1, target.Length - 2));
        }

        Span<T> lead = parity == 0 ? even : odd, follow = parity == 0 ? odd : even;
        Interleave(lead[1..^1], follow[1..^1], result);
    }

    private static void SplitRow(ReadOnlySpan<T> row, Span<T> low, Span<T> high, Span<T> room)
    {
        if (row.Length == 1)
        {
            low[0] = row[0];
            return;
        }

        Span<T> even = room[..(low.Length + 2)], odd = room.Slice(low.Length + 2, high.Length + 2);
        for (int i = 0; i < high.Length; i++)
        {
            (even[i + 1], odd[i + 1]) = (row[2 * i], row[(2 * i) + 1]);
        }

        even[low.Length] = row[(2 * low.Length) - 2];
        for (int step = TLifting.Steps - 1; step >= 0; step--)
        {
            bool onEven = (step & 1) == 0;
            Span<T> target = onEven ? even : odd, other = onEven ? odd : even;
            int first = onEven ? 0 : 1;
            Mirror(other);
            TLifting.Do(step, target[1..^1], other.Slice(first, target.Length - 2), other.Slice(first + 1, target.Length - 2));
        }

        TLifting.Scale(even.Slice(1, low.Length), isHigh: false, isBack: false);
        TLifting.Scale(odd.Slice(1, high.Length), isHigh: true, isBack: false);
        even.Slice(1, low.Length).CopyTo(low);
        odd.Slice(1, high.Length).CopyTo(high);
    }

    private static void Mirror(Span<T> padded)
    {
        padded[0] = padded[1];
        padded[^1] = padded[^2];
    }

    private static void Interleave(ReadOnlySpan<T> lead, ReadOnlySpan<T> follow, Span<T> result)
    {
        ReadOnlySpan<uint> a = MemoryMarshal.Cast<T, uint>(lead), b = MemoryMarshal.Cast<T, uint>(follow);
        Span<uint> to = MemoryMarshal.Cast<T, uint>(result);
        int i = 0;
        ref uint first = ref MemoryMarshal.GetReference(a);
        ref uint second = ref MemoryMarshal.GetReference(b);
        ref uint target = ref MemoryMarshal.GetReference(to);
        for (; i <= b.Length - Vector128<uint>.Count; i += Vector128<uint>.Count)
        {
            Vector128<uint> one = Vector128.LoadUnsafe(ref first, (nuint)i), other = Vector128.LoadUnsafe(ref second, (nuint)i);
            (Vector128.WidenLower(one) | (Vector128.WidenLower(other) << 32)).AsUInt32().StoreUnsafe(ref target, (nuint)(2 * i));
            (Vector128.WidenUpper(one) | (Vector128.WidenUpper(other) << 32)).AsUInt32().StoreUnsafe(ref target, (nuint)(2 * i) + 4);
        }

        for (; i < b.Length; i++)
        {
            (to[2 * i], to[(2 * i) + 1]) = (a[i], b[i]);
        }

        if (a.Length > b.Length)
        {
            to[^1] = a[^1];
        }
    }
}

/// <summary>The 5/3 filter.</summary>
internal readonly struct Reversible : ILifting<int>
{
    public static int Steps => 2;

    public static void Undo(int step, Span<int> target, ReadOnlySpan<int> before, ReadOnlySpan<int> after) => Lift(step, -1, target, before, after);

    public static void Do(int step, Span<int> target, ReadOnlySpan<int> before, ReadOnlySpan<int> after) => Lift(step, 1, target, before, after);

    public static void Scale(Span<int> samples, bool isHigh, bool isBack)
    {
    }

    public static int Single(int sample, bool isBack) => isBack ? sample >> 1 : sample << 1;

    // Even: a quarter of the sum of neighbours, rounded, is added on the way there. Odd: half of it is taken away.
    private static void Lift(int step, int direction, Span<int> target, ReadOnlySpan<int> before, ReadOnlySpan<int> after)
    {
        int shift = step == 0 ? 2 : 1, round = step == 0 ? 2 : 0;
        bool adds = step == 0 == direction > 0;
        ref int to = ref MemoryMarshal.GetReference(target);
        ref int left = ref MemoryMarshal.GetReference(before);
        ref int right = ref MemoryMarshal.GetReference(after);
        int i = 0, end = Math.Min(target.Length, Math.Min(before.Length, after.Length));
        Vector<int> rounding = new(round);
        for (; i <= end - Vector<int>.Count; i += Vector<int>.Count)
        {
            Vector<int> change = Vector.ShiftRightArithmetic(Vector.LoadUnsafe(ref left, (nuint)i) + Vector.LoadUnsafe(ref right, (nuint)i) + rounding, shift);
            Vector<int> now = Vector.LoadUnsafe(ref to, (nuint)i);
            (adds ? now + change : now - change).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < end; i++)
        {
            int change = (before[i] + after[i] + round) >> shift;
            target[i] += adds ? change : -change;
        }
    }
}

/// <summary>The 9/7 filter (tables F.4).</summary>
internal readonly struct Irreversible : ILifting<float>
{
    private const float K = 1.230174104914001f;

    private static ReadOnlySpan<float> Factors => [0.443506852043971f, 0.882911075530934f, -0.052980118572961f, -1.586134342059924f];

    public static int Steps => 4;

    public static void Undo(int step, Span<float> target, ReadOnlySpan<float> before, ReadOnlySpan<float> after) => Lift(-Factors[step], target, before, after);

    public static void Do(int step, Span<float> target, ReadOnlySpan<float> before, ReadOnlySpan<float> after) => Lift(Factors[step], target, before, after);

    public static void Scale(Span<float> samples, bool isHigh, bool isBack)
    {
        float factor = isHigh == isBack ? 1 / K : K;
        ref float to = ref MemoryMarshal.GetReference(samples);
        int i = 0;
        for (; i <= samples.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            (Vector.LoadUnsafe(ref to, (nuint)i) * factor).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < samples.Length; i++)
        {
            samples[i] *= factor;
        }
    }

    public static float Single(float sample, bool isBack) => isBack ? sample / 2 : sample * 2;

    private static void Lift(float factor, Span<float> target, ReadOnlySpan<float> before, ReadOnlySpan<float> after)
    {
        ref float to = ref MemoryMarshal.GetReference(target);
        ref float left = ref MemoryMarshal.GetReference(before);
        ref float right = ref MemoryMarshal.GetReference(after);
        int i = 0, end = Math.Min(target.Length, Math.Min(before.Length, after.Length));
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> change = (Vector.LoadUnsafe(ref left, (nuint)i) + Vector.LoadUnsafe(ref right, (nuint)i)) * factor;
            (Vector.LoadUnsafe(ref to, (nuint)i) + change).StoreUnsafe(ref to, (nuint)i);
        }

        for (; i < end; i++)
        {
            target[i] += (before[i] + after[i]) * factor;
        }
    }
}
