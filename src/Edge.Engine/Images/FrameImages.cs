using System.Buffers;
using System.IO.Compression;
using Edge.Core.Errors;
using Edge.Engine.Content;
using Edge.Imaging;
using Edge.Imaging.Output;
using Edge.Imaging.Rendering;

namespace Edge.Engine.Images;

/// <summary>Pictures and values of single frames. Only the blocks of the file that hold the frame are read.</summary>
public sealed class FrameImages(FrameDecoding decoding)
{
    /// <summary>The most pixels that a picture is enlarged to.</summary>
    private const long MostPixels = 1 << 26;

    /// <summary>A picture of a frame.</summary>
    /// <returns>The file, to be disposed; null where the frame does not exist.</returns>
    /// <exception cref="EdgeException">UnsupportedMediaType: the frame cannot be decoded, or not shown in this way.</exception>
    public async ValueTask<EncodedImage?> PictureAsync(StoredInstance instance, int frame, FramePicture picture, CancellationToken cancellation)
    {
        try
        {
            return await decoding.RunAsync(instance, frame, picture, Draw, cancellation).ConfigureAwait(false);
        }
        catch (ImageException e) when (e.Code == ErrorCode.ParameterOutOfRange)
        {
            return null;
        }
        catch (EdgeException e) when (e is ImageException || e.Code is ErrorCode.CorruptedFile or ErrorCode.BadFileFormat or ErrorCode.NotEnoughMemory)
        {
            throw new EdgeException(ErrorCode.UnsupportedMediaType, e.Message, e);
        }
    }

    /// <summary>The stored values as an expression of Matlab, to be disposed.</summary>
    /// <exception cref="ImageException">As <see cref="FrameDecoding.RunAsync{TState,T}(StoredInstance,int,TState,Func{DecodedFrame,TState,T},CancellationToken)"/>.</exception>
    public ValueTask<EncodedImage> MatlabAsync(StoredInstance instance, int frame, CancellationToken cancellation) =>
        decoding.RunAsync(instance, frame, 0, static (decoded, _) => MatlabWriter.Encode(decoded.Pixels), cancellation);

    /// <summary>The values of a frame as an array of numpy, to be disposed.</summary>
    /// <exception cref="ImageException">As above.</exception>
    public ValueTask<EncodedImage> NumpyAsync(StoredInstance instance, int frame, bool isRescaled, CancellationToken cancellation) =>
        decoding.RunAsync(instance, frame, isRescaled, static (decoded, rescales) =>
        {
            PixelBuffer pixels = decoded.Pixels;
            int length = NumpyWriter.FrameLength(pixels.Height, pixels.Width, pixels.Format, rescales);
            EncodedImage array = new(NumpyWriter.HeaderLength + length);
            array.Write(NumpyWriter.Header(null, pixels.Height, pixels.Width, pixels.Format, rescales));
            NumpyWriter.Write(pixels, rescales ? decoded.Presentation.Rescale : null, array.GetSpan(length)[..length]);
            array.Advance(length);
            return array;
        }, cancellation);

    /// <summary>Where the bytes of a frame lie, as the file has them.</summary>
    /// <exception cref="ImageException"><see cref="ErrorCode.NotImplemented"/> (no pixel data), <see cref="ErrorCode.ParameterOutOfRange"/> (no such frame), or faulty pixel data.</exception>
    public async ValueTask<RawFrame> RawAsync(StoredInstance instance, int frame, CancellationToken cancellation)
    {
        StoredPixels pixels = await decoding.OpenAsync(instance, isWanted: true, cancellation).ConfigureAwait(false);
        // What waits for nothing and copies nothing needs no thread of its own.
        return pixels.IsLoaded && !pixels.IsUnpacked && !pixels.IsSwapped
            ? RawFrame.Of(pixels, frame)
            : await decoding.RunRawAsync(pixels, frame, RawFrame.Of, cancellation).ConfigureAwait(false);
    }

    /// <summary>The bytes of a frame in gzip's form, to be disposed.</summary>
    /// <exception cref="ImageException">As <see cref="RawAsync"/>.</exception>
    public async ValueTask<EncodedImage> RawGzipAsync(StoredInstance instance, int frame, CancellationToken cancellation)
    {
        StoredPixels pixels = await decoding.OpenAsync(instance, isWanted: true, cancellation).ConfigureAwait(false);
        return await decoding.RunRawAsync(pixels, frame, static (opened, number) =>
        {
            using StoredPixels given = opened;
            ReadOnlyMemory<byte> bytes = RawFrame.Bytes(opened, number);
            EncodedImage compressed = new((bytes.Length / 2) + 1024);
            try
            {
                using GZipStream gzip = new(compressed.AsStream(), CompressionLevel.Fastest);
                gzip.Write(bytes.Span);
            }
            catch
            {
                compressed.Dispose();
                throw;
            }

            return compressed;
        }, cancellation).ConfigureAwait(false);
    }

    private static EncodedImage Draw(DecodedFrame frame, FramePicture picture)
    {
        using PixelBuffer shown = picture.Range is { } range ? ClampRenderer.Render(frame.Pixels, range)
            : picture.Kind == PictureKind.Rendered ? Window(frame, picture)
            : PreviewRenderer.Render(frame.Pixels, frame.IsInverted);
        return picture.Format switch
        {
            PictureFormat.Jpeg => JpegImageWriter.Encode(shown, picture.Quality),
            PictureFormat.Pam => PamWriter.Encode(shown),
            _ => PngWriter.Encode(shown),
        };
    }

    private static PixelBuffer Window(DecodedFrame frame, FramePicture picture)
    {
        ValueWindow own = frame.Presentation.Window;
        ValueWindow window = new(picture.WindowCenter ?? own.Center, picture.WindowWidth ?? own.Width);
        PixelBuffer shown = WindowRenderer.Render(frame.Pixels, frame.Presentation.Rescale, window, frame.IsInverted);
        (int width, int height) = ImageResizer.Fit(shown.Width, shown.Height, picture.Width, picture.Height);
        if (width == shown.Width && height == shown.Height)
        {
            return shown;
        }

        using (shown)
        {
            if ((long)width * height > Math.Max(MostPixels, (long)shown.Width * shown.Height))
            {
                throw new ImageException(ErrorCode.IncompatibleImageSize, $"a picture of {width} x {height} pixels is too large");
            }

            if (picture.Smooth && (width < shown.Width || height < shown.Height))
            {
                ImageResizer.Smooth(shown);
            }

            return ImageResizer.Resize(shown, width, height);
        }
    }
}
