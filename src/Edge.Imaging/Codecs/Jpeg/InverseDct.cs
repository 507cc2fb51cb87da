using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>
/// The inverse DCT in integers of 13 fractional bits (the factorization of Loeffler, Ligtenberg and Moschytz), eight columns at once;
/// as accurate as ISO/IEC 10918-2 demands.
/// </summary>
internal static class InverseDct
{
    private const int Fraction = 13;

    /// <summary>Dequantizes a block, transforms it and stores 8 by 8 samples.</summary>
    /// <param name="block">Coefficients, row by row.</param>
    /// <param name="quantization">In the same order.</param>
    /// <param name="precision">8 or 12 bits.</param>
    public static void Transform(ReadOnlySpan<short> block, ReadOnlySpan<ushort> quantization, int precision, Span<ushort> to, int stride)
    {
        ref short source = ref MemoryMarshal.GetReference(block[..64]);
        ref ushort steps = ref MemoryMarshal.GetReference(quantization[..64]);
        _ = to[(7 * stride) + 7];
        Rows rows = default;
        for (int i = 0; i < 8; i++)
        {
            rows[i] = Vector256.Create(Vector128.WidenLower(Vector128.LoadUnsafe(ref source, (nuint)(8 * i))), Vector128.WidenUpper(Vector128.LoadUnsafe(ref source, (nuint)(8 * i))))
                * Vector256.Create(Vector128.WidenLower(Vector128.LoadUnsafe(ref steps, (nuint)(8 * i))), Vector128.WidenUpper(Vector128.LoadUnsafe(ref steps, (nuint)(8 * i)))).AsInt32();
        }

        // 12-bit samples leave one bit less for what lies between the passes.
        int between = precision == 8 ? 2 : 1;
        Pass(ref rows, Fraction - between);
        Transpose(ref rows);
        Pass(ref rows, Fraction + between + 3);
        Transpose(ref rows);
        Vector256<int> center = Vector256.Create(1 << (precision - 1)), maximum = Vector256.Create((1 << precision) - 1);
        ref ushort target = ref MemoryMarshal.GetReference(to);
        for (int i = 0; i < 8; i++)
        {
            Vector256<int> row = Vector256.Min(Vector256.Max(rows[i] + center, Vector256<int>.Zero), maximum);
            Vector128.Narrow(row.GetLower().AsUInt32(), row.GetUpper().AsUInt32()).StoreUnsafe(ref target, (nuint)(i * stride));
        }
    }

    /// <summary>The sample that a block of nothing but a DC coefficient consists of.</summary>
    public static ushort Flat(short dc, ushort step, int precision)
    {
        int between = precision == 8 ? 2 : 1;
        int column = (dc * step) << between;
        int value = (column + (1 << (between + 2))) >> (between + 3);
        return (ushort)Math.Clamp(value + (1 << (precision - 1)), 0, (1 << precision) - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pass(ref Rows r, int shift)
    {
        Vector256<int> round = Vector256.Create(1 << (shift - 1));
        Vector256<int> z1 = (r[2] + r[6]) * 4433;
        Vector256<int> even2 = z1 - (r[6] * 15137), even3 = z1 + (r[2] * 6270);
        Vector256<int> even0 = Vector256.ShiftLeft(r[0] + r[4], Fraction) + round, even1 = Vector256.ShiftLeft(r[0] - r[4], Fraction) + round;
        Vector256<int> t10 = even0 + even3, t13 = even0 - even3, t11 = even1 + even2, t12 = even1 - even2;

        Vector256<int> o0 = r[7], o1 = r[5], o2 = r[3], o3 = r[1];
        Vector256<int> s1 = o0 + o3, s2 = o1 + o2, s3 = o0 + o2, s4 = o1 + o3;
        Vector256<int> s5 = (s3 + s4) * 9633;
        s1 *= -7373;
        s2 *= -20995;
        s3 = (s3 * -16069) + s5;
        s4 = (s4 * -3196) + s5;
        o0 = (o0 * 2446) + s1 + s3;
        o1 = (o1 * 16819) + s2 + s4;
        o2 = (o2 * 25172) + s2 + s3;
        o3 = (o3 * 12299) + s1 + s4;

        r[0] = Vector256.ShiftRightArithmetic(t10 + o3, shift);
        r[7] = Vector256.ShiftRightArithmetic(t10 - o3, shift);
        r[1] = Vector256.ShiftRightArithmetic(t11 + o2, shift);
        r[6] = Vector256.ShiftRightArithmetic(t11 - o2, shift);
        r[2] = Vector256.ShiftRightArithmetic(t12 + o1, shift);
        r[5] = Vector256.ShiftRightArithmetic(t12 - o1, shift);
        r[3] = Vector256.ShiftRightArithmetic(t13 + o0, shift);
        r[4] = Vector256.ShiftRightArithmetic(t13 - o0, shift);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Transpose(ref Rows r)
    {
        if (!Avx2.IsSupported)
        {
            Span<int> values = MemoryMarshal.Cast<Vector256<int>, int>((Span<Vector256<int>>)r);
            for (int y = 1; y < 8; y++)
            {
                for (int x = 0; x < y; x++)
                {
                    (values[(8 * y) + x], values[(8 * x) + y]) = (values[(8 * x) + y], values[(8 * y) + x]);
                }
            }

            return;
        }

        Vector256<long> t0 = Avx2.UnpackLow(r[0], r[1]).AsInt64(), t1 = Avx2.UnpackHigh(r[0], r[1]).AsInt64();
        Vector256<long> t2 = Avx2.UnpackLow(r[2], r[3]).AsInt64(), t3 = Avx2.UnpackHigh(r[2], r[3]).AsInt64();
        Vector256<long> t4 = Avx2.UnpackLow(r[4], r[5]).AsInt64(), t5 = Avx2.UnpackHigh(r[4], r[5]).AsInt64();
        Vector256<long> t6 = Avx2.UnpackLow(r[6], r[7]).AsInt64(), t7 = Avx2.UnpackHigh(r[6], r[7]).AsInt64();
        Vector256<int> u0 = Avx2.UnpackLow(t0, t2).AsInt32(), u1 = Avx2.UnpackHigh(t0, t2).AsInt32();
        Vector256<int> u2 = Avx2.UnpackLow(t1, t3).AsInt32(), u3 = Avx2.UnpackHigh(t1, t3).AsInt32();
        Vector256<int> u4 = Avx2.UnpackLow(t4, t6).AsInt32(), u5 = Avx2.UnpackHigh(t4, t6).AsInt32();
        Vector256<int> u6 = Avx2.UnpackLow(t5, t7).AsInt32(), u7 = Avx2.UnpackHigh(t5, t7).AsInt32();
        r[0] = Avx2.Permute2x128(u0, u4, 0x20);
        r[1] = Avx2.Permute2x128(u1, u5, 0x20);
        r[2] = Avx2.Permute2x128(u2, u6, 0x20);
        r[3] = Avx2.Permute2x128(u3, u7, 0x20);
        r[4] = Avx2.Permute2x128(u0, u4, 0x31);
        r[5] = Avx2.Permute2x128(u1, u5, 0x31);
        r[6] = Avx2.Permute2x128(u2, u6, 0x31);
        r[7] = Avx2.Permute2x128(u3, u7, 0x31);
    }

    /// <summary>A block, a vector for each row.</summary>
    [InlineArray(8)]
    internal struct Rows
    {
        private Vector256<int> _first;
    }
}
