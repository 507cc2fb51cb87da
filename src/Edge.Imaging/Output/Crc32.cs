using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using ArmCrc32 = System.Runtime.Intrinsics.Arm.Crc32;

namespace Edge.Imaging.Output;

/// <summary>The CRC of PNG, gzip and ZIP (ISO 3309, reflected polynomial 0xEDB88320), by carry-less multiplication or the processor's own instruction.</summary>
public static class Crc32
{
    private static readonly uint[] Tables = MakeTables();

    /// <summary>The checksum of bytes.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of what <paramref name="crc"/> is that of, followed by more bytes.</summary>
    public static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        crc = ~crc;
        if (Pclmulqdq.IsSupported && bytes.Length >= 64)
        {
            int folded = bytes.Length & ~15;
            crc = Fold(crc, bytes[..folded]);
            bytes = bytes[folded..];
        }
        else if (ArmCrc32.Arm64.IsSupported)
        {
            for (; bytes.Length >= 8; bytes = bytes[8..])
            {
                crc = ArmCrc32.Arm64.ComputeCrc32(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            }
        }

        return ~AppendByTable(crc, bytes);
    }

    /// <summary>The checksum of two runs of bytes one after the other, from their own.</summary>
    /// <param name="first">Of the first run.</param>
    /// <param name="second">Of the second.</param>
    /// <param name="secondLength">The bytes of the second.</param>
    public static uint Combine(uint first, uint second, long secondLength)
    {
        // The first one, as a polynomial, moves up by eight powers of x for each byte of the second: times x^(8n) modulo P.
        uint power = 0x8000_0000 >> 8; // x^8, reflected
        uint moved = first;
        for (ulong left = (ulong)secondLength; left != 0; left >>= 1)
        {
            moved = (left & 1) != 0 ? Multiply(moved, power) : moved;
            power = Multiply(power, power);
        }

        return moved ^ second;
    }

    /// <summary>The same without special instructions; for tests, and for processors that have none.</summary>
    internal static uint OfByTable(ReadOnlySpan<byte> bytes) => ~AppendByTable(uint.MaxValue, bytes);

    // The product of two polynomials modulo P, both reflected: the highest bit is x^0.
    private static uint Multiply(uint a, uint b)
    {
        uint product = 0;
        for (uint bit = 0x8000_0000; bit != 0; bit >>= 1)
        {
            product ^= (a & bit) != 0 ? b : 0;
            b = (b & 1) != 0 ? 0xedb8_8320 ^ (b >> 1) : b >> 1;
        }

        return product;
    }

    // Eight tables take eight bytes at a step ("slicing by 8").
    private static uint AppendByTable(uint crc, ReadOnlySpan<byte> bytes)
    {
        uint[] tables = Tables;
        for (; bytes.Length >= 8; bytes = bytes[8..])
        {
            uint low = BinaryPrimitives.ReadUInt32LittleEndian(bytes) ^ crc;
            uint high = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            crc = tables[0x700 + (low & 255)] ^ tables[0x600 + (low >> 8 & 255)] ^ tables[0x500 + (low >> 16 & 255)] ^ tables[0x400 + (low >> 24)]
                ^ tables[0x300 + (high & 255)] ^ tables[0x200 + (high >> 8 & 255)] ^ tables[0x100 + (high >> 16 & 255)] ^ tables[high >> 24];
        }

        foreach (byte value in bytes)
        {
            crc = tables[(crc ^ value) & 255] ^ (crc >> 8);
        }

        return crc;
    }

    // Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Intel, 2009), reflected form.
    // The constants are x^n mod P, bit-reflected and shifted by one, for n = 512+32, 512-32, 128+32, 128-32, 64; and P with Barrett's mu.
    private static uint Fold(uint crc, ReadOnlySpan<byte> bytes)
    {
        Vector128<ulong> by64 = Vector128.Create(0x0000_0001_5444_2bd4UL, 0x0000_0001_c6e4_1596UL);
        Vector128<ulong> by16 = Vector128.Create(0x0000_0001_7519_97d0UL, 0x0000_0000_ccaa_009eUL);
        Vector128<ulong> a = Load(bytes, 0) ^ Vector128.CreateScalar(crc).AsUInt64();
        Vector128<ulong> b = Load(bytes, 16), c = Load(bytes, 32), d = Load(bytes, 48);
        for (bytes = bytes[64..]; bytes.Length >= 64; bytes = bytes[64..])
        {
            a = Step(a, by64) ^ Load(bytes, 0);
            b = Step(b, by64) ^ Load(bytes, 16);
            c = Step(c, by64) ^ Load(bytes, 32);
            d = Step(d, by64) ^ Load(bytes, 48);
        }

        a = Step(Step(Step(a, by16) ^ b, by16) ^ c, by16) ^ d;
        for (; bytes.Length >= 16; bytes = bytes[16..])
        {
            a = Step(a, by16) ^ Load(bytes, 0);
        }

        // The 128 bits left are sixteen bytes whose checksum, begun with zero, is that of all.
        Span<byte> rest = stackalloc byte[16];
        a.AsByte().CopyTo(rest);
        return AppendByTable(0, rest);
    }

    private static Vector128<ulong> Step(Vector128<ulong> value, Vector128<ulong> by) =>
        Pclmulqdq.CarrylessMultiply(value, by, 0x00) ^ Pclmulqdq.CarrylessMultiply(value, by, 0x11);

    private static Vector128<ulong> Load(ReadOnlySpan<byte> bytes, int at) => Vector128.Create(bytes.Slice(at, 16)).AsUInt64();

    private static uint[] MakeTables()
    {
        uint[] tables = new uint[8 * 256];
        for (uint value = 0; value < 256; value++)
        {
            uint crc = value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? 0xedb8_8320 ^ (crc >> 1) : crc >> 1;
            }

            tables[value] = crc;
        }

        for (int i = 256; i < tables.Length; i++)
        {
            tables[i] = tables[tables[i - 256] & 255] ^ (tables[i - 256] >> 8);
        }

        return tables;
    }
}
