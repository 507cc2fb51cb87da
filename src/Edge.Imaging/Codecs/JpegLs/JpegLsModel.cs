using System.Numerics;
using System.Runtime.CompilerServices;

namespace Edge.Imaging.Codecs.JpegLs;

/// <summary>A context of regular mode (ISO/IEC 14495-1 A.6).</summary>
internal struct JpegLsContext
{
    public int A, B, C, N;

    /// <summary>The Golomb parameter (A.5.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly int Golomb() => JpegLsModel.Golomb(N, A);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Update(int error, int step, int reset)
    {
        int a = A + Math.Abs(error), b = B + (error * step), n = N;
        if (n == reset)
        {
            a >>= 1;
            b >>= 1;
            n >>= 1;
        }

        A = a;
        N = ++n;
        if (b + n <= 0)
        {
            b = Math.Max(b + n, 1 - n);
            C = Math.Max(C - 1, -128);
        }
        else if (b > 0)
        {
            b = Math.Min(b - n, 0);
            C = Math.Min(C + 1, 127);
        }

        B = b;
    }
}

/// <summary>A context of run interruption (A.7.2).</summary>
internal struct RunContext
{
    public int A, N, Negatives;

    public void Update(int error, int mapped, int type, int reset)
    {
        Negatives += error < 0 ? 1 : 0;
        A += (mapped + 1 - type) >> 1;
        if (N == reset)
        {
            A >>= 1;
            N >>= 1;
            Negatives >>= 1;
        }

        N++;
    }
}

/// <summary>What decoder and encoder share: contexts, the quantization of gradients, prediction. Kept per thread.</summary>
internal sealed class JpegLsModel
{
    private JpegLsParameters _quantized;
    private sbyte[] _levels = [];

    /// <summary>The orders of run lengths (A.2.1, J).</summary>
    public static ReadOnlySpan<byte> RunOrders => [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15];

    public JpegLsParameters Parameters { get; private set; }

    /// <summary>By 81 Q1 + 9 Q2 + Q3, made positive.</summary>
    public JpegLsContext[] Contexts { get; } = new JpegLsContext[365];

    public RunContext[] Runs { get; } = new RunContext[2];

    /// <summary>RUNindex of each component.</summary>
    public int[] RunIndices { get; } = new int[4];

    /// <summary>The quantized gradient (A.3.3), at <see cref="Parameters"/>.Maximum plus the gradient.</summary>
    public sbyte[] Levels => _levels;

    /// <summary>Begins a scan.</summary>
    public void Begin(JpegLsParameters parameters)
    {
        Parameters = parameters;
        int a = Math.Max(2, (parameters.Range + 32) >> 6);
        Contexts.AsSpan().Fill(new JpegLsContext { A = a, N = 1 });
        Runs.AsSpan().Fill(new RunContext { A = a, N = 1 });
        Array.Clear(RunIndices);
        if (_quantized == parameters)
        {
            return;
        }

        if (_levels.Length < (2 * parameters.Maximum) + 1)
        {
            _levels = new sbyte[(2 * parameters.Maximum) + 1];
        }

        for (int gradient = 0; gradient <= parameters.Maximum; gradient++)
        {
            sbyte level = (sbyte)(gradient >= parameters.T3 ? 4 : gradient >= parameters.T2 ? 3 : gradient >= parameters.T1 ? 2 : gradient > parameters.Near ? 1 : 0);
            _levels[parameters.Maximum + gradient] = level;
            _levels[parameters.Maximum - gradient] = (sbyte)-level;
        }

        _quantized = parameters;
    }

    /// <summary>The smallest k with n shifted by it not less than a; 16 bits are the most there are.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Golomb(int n, int a)
    {
        // Both orders of magnitude tell it to within one, without a loop that is hard to foresee.
        int k = Math.Clamp(BitOperations.LeadingZeroCount((uint)n) - BitOperations.LeadingZeroCount((uint)a), 0, 16);
        k += n << k < a ? 1 : 0;
        return Math.Min(k, 16);
    }

    /// <summary>The median edge detector (A.4.1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Predict(int a, int b, int c)
    {
        int low = Math.Min(a, b), high = Math.Max(a, b);
        return Math.Clamp(a + b - c, low, high);
    }
}
