namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>The steps of the 9/7 filter for a quality.</summary>
internal static class Quantization
{
    // By level from 1 on: how much noise in a low or high sample becomes noise of samples, in one dimension.
    private static readonly (float[] Low, float[] High) Norms = MakeNorms();

    /// <summary>
    /// The steps of all bands, from LL on, as QCD writes them. Each band gets the same share of the error; quality 100 makes steps of a 512th of the
    /// range, and every 12 less make them twice as large.
    /// </summary>
    /// <param name="range">The distance between the least and the greatest sample.</param>
    public static ushort[] Steps(int precision, int range, int levels, int quality)
    {
        double wanted = Math.Max(0.25, range / 512.0 * Math.Pow(2, (100 - quality) / 12.0));
        ushort[] steps = new ushort[(3 * levels) + 1];
        steps[0] = Encode(wanted / (levels == 0 ? 1 : Norms.Low[levels - 1] * Norms.Low[levels - 1]), precision);
        for (int r = 1; r <= levels; r++)
        {
            float low = Norms.Low[levels - r], high = Norms.High[levels - r];
            int index = (3 * (r - 1)) + 1;
            steps[index] = steps[index + 1] = Encode(wanted / (low * high), precision + 1);
            steps[index + 2] = Encode(wanted / (high * high), precision + 2);
        }

        return steps;
    }

    // Equation E-3.
    private static ushort Encode(double step, int range)
    {
        int power = Math.Clamp((int)Math.Floor(Math.Log2(step)), range - 31, range);
        int mantissa = Math.Clamp((int)((Math.ScaleB(step, -power) - 1) * 2048), 0, 2047);
        return (ushort)(((range - power) << 11) | mantissa);
    }

    private static (float[] Low, float[] High) MakeNorms()
    {
        const int Levels = J2kEncoder.MostLevels;
        float[] low = new float[Levels], high = new float[Levels];
        for (int level = 0; level < Levels; level++)
        {
            low[level] = Norm(level, isHigh: false);
            high[level] = Norm(level, isHigh: true);
        }

        return (low, high);
    }

    // The energy of what one sample becomes on its way back.
    private static float Norm(int level, bool isHigh)
    {
        float[] signal = new float[32], zero = new float[32];
        (isHigh ? zero : signal)[16] = 1;
        for (int i = 0; i <= level; i++)
        {
            float[] longer = new float[2 * signal.Length];
            Wavelet<float, Irreversible>.Compose(0, 0, longer.Length, 1, signal, zero, [], [], longer, new float[longer.Length + 16]);
            (signal, zero) = (longer, new float[longer.Length]);
        }

        return MathF.Sqrt(signal.Sum(static one => one * one));
    }
}
