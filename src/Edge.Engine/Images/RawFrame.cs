using Edge.Store.Files;

namespace Edge.Engine.Images;

/// <summary>The bytes of a frame as the file has them.</summary>
/// <param name="File">The file.</param>
/// <param name="Ranges">Where they lie in it; empty where they had to be inflated.</param>
/// <param name="Inflated">The bytes, where they had to be.</param>
/// <param name="MediaType">By the transfer syntax, with Orthanc: <c>application/octet-stream</c> but for baseline JPEG and JPEG 2000.</param>
public sealed record RawFrame(AttachmentRecord File, IReadOnlyList<FrameRange> Ranges, ReadOnlyMemory<byte> Inflated, string MediaType)
{
    /// <summary>How many bytes.</summary>
    public long Length => Ranges.Count == 0 ? Inflated.Length : Ranges.Sum(static range => range.Length);

    internal static RawFrame Of(StoredPixels pixels, int frame)
    {
        string media = pixels.Syntax.Uid switch
        {
            "1.2.840.10008.1.2.4.50" => "image/jpeg",
            "1.2.840.10008.1.2.4.90" or "1.2.840.10008.1.2.4.91" => "image/jp2",
            _ => "application/octet-stream",
        };
        return pixels.Syntax.IsDeflated
            ? new RawFrame(pixels.File, [], pixels.Read(frame), media)
            : new RawFrame(pixels.File, pixels.Locate(frame), default, media);
    }
}
