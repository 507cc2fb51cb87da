using System.IO.Compression;
using Microsoft.Extensions.Primitives;

namespace Edge.Rest.Hosting;

/// <summary>Compression of answers: gzip before deflate, bodies of 2048 bytes and more, and types that shrink.</summary>
internal static class AnswerCompression
{
    public const int MinimumBytes = 2048;

    public static bool IsCompressible(string contentType)
    {
        ReadOnlySpan<char> type = contentType;
        int semicolon = type.IndexOf(';');
        type = semicolon < 0 ? type : type[..semicolon];
        return type is "text/plain" or "text/css" or "text/html" or "text/javascript" or "text/xml" or "application/javascript" or "application/json"
            or "application/xml" or "application/pdf" or "application/wasm" or "application/dicom+json" or "application/dicom+xml" or "image/x-portable-arbitrarymap";
    }

    /// <summary><c>gzip</c>, <c>deflate</c>, or null where the client takes neither.</summary>
    public static string? Choose(StringValues acceptEncoding)
    {
        if (acceptEncoding.Count == 0)
        {
            return null;
        }

        return Accepts(acceptEncoding, "gzip") ? "gzip" : Accepts(acceptEncoding, "deflate") ? "deflate" : null;
    }

    /// <summary>Replaces the content of <paramref name="buffer"/> by its compressed form.</summary>
    public static void Compress(AnswerBuffer buffer, string encoding)
    {
        using AnswerBuffer compressed = new();
        using (BufferStream target = new(compressed))
        using (Stream stream = encoding == "gzip" ? new GZipStream(target, CompressionLevel.Fastest) : new ZLibStream(target, CompressionLevel.Fastest))
        {
            stream.Write(buffer.WrittenMemory.Span);
        }

        buffer.Take(compressed);
    }

    private static bool Accepts(StringValues header, string encoding)
    {
        foreach (string? line in header)
        {
            foreach (Range part in line.AsSpan().Split(','))
            {
                ReadOnlySpan<char> token = line.AsSpan()[part].Trim();
                int semicolon = token.IndexOf(';');
                ReadOnlySpan<char> name = semicolon < 0 ? token : token[..semicolon].Trim();
                bool refused = semicolon >= 0 && token[(semicolon + 1)..].Trim() is "q=0" or "q=0.0" or "q=0.00" or "q=0.000";
                if (name.Equals(encoding, StringComparison.OrdinalIgnoreCase) && !refused)
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Lets the compressors write into a pooled buffer.</summary>
    private sealed class BufferStream(AnswerBuffer target) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => target.WrittenCount;

        public override long Position
        {
            get => target.WrittenCount;
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            buffer.CopyTo(target.GetSpan(buffer.Length));
            target.Advance(buffer.Length);
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
