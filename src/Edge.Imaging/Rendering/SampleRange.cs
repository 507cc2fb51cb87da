using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Imaging.Rendering;

/// <summary>Finds the least and the greatest sample.</summary>
public static class SampleRange
{
    /// <param name="samples">At least one.</param>
    public static (T Least, T Greatest) Of<T>(ReadOnlySpan<T> samples)
        where T : unmanaged, INumber<T>, IMinMaxValue<T>
    {
        T least = samples[0];
        T greatest = samples[0];
        int i = 0;
        ref T first = ref MemoryMarshal.GetReference(samples);
        if (Avx2.IsSupported && samples.Length >= Vector256<T>.Count)
        {
            Vector256<T> low = Vector256.Create(least), high = low;
            for (; i <= samples.Length - Vector256<T>.Count; i += Vector256<T>.Count)
            {
                Vector256<T> values = Vector256.LoadUnsafe(ref first, (nuint)i);
                low = Vector256.Min(low, values);
                high = Vector256.Max(high, values);
            }

            (least, greatest) = Fold(low, high);
        }
        else if (Vector128.IsHardwareAccelerated && samples.Length >= Vector128<T>.Count)
        {
            Vector128<T> low = Vector128.Create(least), high = low;
            for (; i <= samples.Length - Vector128<T>.Count; i += Vector128<T>.Count)
            {
                Vector128<T> values = Vector128.LoadUnsafe(ref first, (nuint)i);
                low = Vector128.Min(low, values);
                high = Vector128.Max(high, values);
            }

            (least, greatest) = Fold(Vector256.Create(low, low), Vector256.Create(high, high));
        }

        for (; i < samples.Length; i++)
        {
            least = T.Min(least, samples[i]);
            greatest = T.Max(greatest, samples[i]);
        }

        return (least, greatest);
    }

    private static (T Least, T Greatest) Fold<T>(Vector256<T> low, Vector256<T> high)
        where T : unmanaged, INumber<T>
    {
        T least = low[0];
        T greatest = high[0];
        for (int lane = 1; lane < Vector256<T>.Count; lane++)
        {
            least = T.Min(least, low[lane]);
            greatest = T.Max(greatest, high[lane]);
        }

        return (least, greatest);
    }
}
