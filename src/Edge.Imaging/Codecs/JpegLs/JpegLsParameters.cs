using System.Numerics;

namespace Edge.Imaging.Codecs.JpegLs;

/// <summary>The parameters of a scan (ISO/IEC 14495-1 A.2, C.2.4.1.1).</summary>
internal readonly record struct JpegLsParameters(int Maximum, int Near, int T1, int T2, int T3, int Reset)
{
    public const int DefaultReset = 64;

    /// <summary>RANGE.</summary>
    public int Range => ((Maximum + (2 * Near)) / Step) + 1;

    public int Step => (2 * Near) + 1;

    /// <summary>qbpp: the bits of an escaped error.</summary>
    public int ErrorBits => BitsFor(Range);

    /// <summary>LIMIT.</summary>
    public int Limit
    {
        get
        {
            int bits = Math.Max(2, BitsFor(Maximum + 1));
            return 2 * (bits + Math.Max(8, bits));
        }
    }

    public bool IsGood => Maximum is >= 1 and <= 65535 && Near >= 0 && Near <= Math.Min(255, Maximum / 2)
        && T1 >= Near + 1 && T1 <= T2 && T2 <= T3 && T3 <= Maximum && Reset >= 3 && Reset <= Math.Max(255, Maximum);

    /// <summary>The default parameters.</summary>
    public static JpegLsParameters For(int maximum, int near)
    {
        int t1, t2, t3;
        if (maximum >= 128)
        {
            int factor = (Math.Min(maximum, 4095) + 128) >> 8;
            t1 = Clamp(factor + 2 + (3 * near), near + 1);
            t2 = Clamp((4 * factor) + 3 + (5 * near), t1);
            t3 = Clamp((17 * factor) + 4 + (7 * near), t2);
        }
        else
        {
            int factor = 256 / (maximum + 1);
            t1 = Clamp(Math.Max(2, (3 / factor) + (3 * near)), near + 1);
            t2 = Clamp(Math.Max(3, (7 / factor) + (5 * near)), t1);
            t3 = Clamp(Math.Max(4, (21 / factor) + (7 * near)), t2);
        }

        return new JpegLsParameters(maximum, near, t1, t2, t3, DefaultReset);

        int Clamp(int value, int least) => value > maximum || value < least ? least : value;
    }

    private static int BitsFor(int values) => values <= 1 ? 0 : 32 - BitOperations.LeadingZeroCount((uint)(values - 1));
}
