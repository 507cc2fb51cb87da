using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Edge.Core.Errors;
using Edge.Imaging.Output.Deflate;

namespace Edge.Imaging.Output;

/// <summary>Writes PNG (ISO/IEC 15948) of 8 and 16 bits, grey and RGB. Samples with sign are written as their bits are, as Orthanc does.</summary>
public static class PngWriter
{
    [ThreadStatic]
    private static RunDeflater? _deflater;

    /// <summary>The eight bytes every PNG begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0d, 0x0a, 0x1a, 0x0a];

    /// <returns>The file, to be disposed by the caller.</returns>
    /// <exception cref="ImageException">The format has no form in PNG (32-bit samples).</exception>
    public static EncodedImage Encode(PixelBuffer image)
    {
        (byte depth, byte colour) = image.Format switch
        {
            PixelFormat.Gray8 => ((byte)8, (byte)0),
            PixelFormat.Gray16 or PixelFormat.SignedGray16 => ((byte)16, (byte)0),
            PixelFormat.Rgb24 => ((byte)8, (byte)2),
            PixelFormat.Rgb48 => ((byte)16, (byte)2),
            _ => throw new ImageException(ErrorCode.IncompatibleImageFormat, $"PNG has no {image.Format}"),
        };
        EncodedImage png = new((image.Bytes.Length / 2) + 1024);
        try
        {
            png.Write(Signature);
            Span<byte> header = stackalloc byte[13];
            BinaryPrimitives.WriteInt32BigEndian(header, image.Width);
            BinaryPrimitives.WriteInt32BigEndian(header[4..], image.Height);
            (header[8], header[9]) = (depth, colour);
            WriteChunk(png, "IHDR"u8, header);
            int start = BeginChunk(png, "IDAT"u8);
            WriteRows(png, image);
            EndChunk(png, start);
            WriteChunk(png, "IEND"u8, []);
            return png;
        }
        catch
        {
            png.Dispose();
            throw;
        }
    }

    private static void WriteRows(EncodedImage png, PixelBuffer image)
    {
        int distance = image.Format.BytesPerPixel();
        int stride = image.Stride;
        bool isWide = distance != 1 && distance != 3;
        // Two rows with zeros in front, three filtered ones to choose from, and a batch for the compressor.
        int padded = stride + distance;
        int batchLength = Math.Max(RunDeflater.BlockSize, stride + 1);
        byte[] rented = ArrayPool<byte>.Shared.Rent((2 * padded) + (3 * stride) + batchLength);
        try
        {
            Span<byte> row = rented.AsSpan(0, padded), above = rented.AsSpan(padded, padded);
            Span<byte> scratch = rented.AsSpan(2 * padded, 3 * stride);
            Span<byte> batch = rented.AsSpan((2 * padded) + (3 * stride), batchLength);
            row.Clear();
            above.Clear();
            int filled = 0;
            ZLibWriter zlib = new(png, _deflater ??= new RunDeflater());
            for (int y = 0; y < image.Height; y++)
            {
                ReadOnlySpan<byte> source = image.Bytes.Slice(y * stride, stride);
                if (isWide && BitConverter.IsLittleEndian)
                {
                    BinaryPrimitives.ReverseEndianness(MemoryMarshal.Cast<byte, ushort>(source), MemoryMarshal.Cast<byte, ushort>(row[distance..]));
                }
                else
                {
                    source.CopyTo(row[distance..]);
                }

                if (filled + stride + 1 > batch.Length)
                {
                    zlib.Write(batch[..filled], isLast: false);
                    filled = 0;
                }

                PngFilter.Apply(row, above, distance, batch.Slice(filled, stride + 1), scratch);
                filled += stride + 1;
                Span<byte> free = above;
                above = row;
                row = free;
            }

            zlib.Write(batch[..filled], isLast: true);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static void WriteChunk(EncodedImage png, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        int start = BeginChunk(png, type);
        png.Write(data);
        EndChunk(png, start);
    }

    private static int BeginChunk(EncodedImage png, ReadOnlySpan<byte> type)
    {
        int start = png.Length;
        png.Write("\0\0\0\0"u8); // the length, when it is known
        png.Write(type);
        return start;
    }

    private static void EndChunk(EncodedImage png, int start)
    {
        Span<byte> chunk = png.From(start);
        BinaryPrimitives.WriteInt32BigEndian(chunk, chunk.Length - 8);
        Span<byte> crc = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(crc, Crc32.Of(chunk[4..]));
        png.Write(crc);
    }

    /// <summary>The container around the deflate stream (RFC 1950).</summary>
    private ref struct ZLibWriter
    {
        private readonly EncodedImage _png;
        private readonly RunDeflater _deflater;
        private uint _adler = Adler32.Start;

        public ZLibWriter(EncodedImage png, RunDeflater deflater)
        {
            (_png, _deflater) = (png, deflater);
            // A window of 32 KB and the fastest level, as far as anybody looks.
            png.Write((ReadOnlySpan<byte>)[0x78, 0x01]);
            deflater.Begin();
        }

        public void Write(ReadOnlySpan<byte> bytes, bool isLast)
        {
            _adler = Adler32.Append(_adler, bytes);
            for (; bytes.Length > RunDeflater.BlockSize; bytes = bytes[RunDeflater.BlockSize..])
            {
                _deflater.Write(bytes[..RunDeflater.BlockSize], isLast: false, _png);
            }

            _deflater.Write(bytes, isLast, _png);
            if (isLast)
            {
                Span<byte> check = stackalloc byte[4];
                BinaryPrimitives.WriteUInt32BigEndian(check, _adler);
                _png.Write(check);
            }
        }
    }
}
