using System.Globalization;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Engine;
using Edge.Engine.Content;
using Edge.Engine.Images;
using Edge.Imaging.Output;
using Edge.Rest.Hosting;

namespace Edge.Rest.Orthanc;

/// <summary>Pictures of instances and frames.</summary>
public sealed class Images(EdgeEngine engine)
{
    public Route[] Routes() =>
    [
        new("GET", "/instances/{id}/preview", request => PictureAsync(request, 0, PictureKind.Preview), "Decode an image (preview)"),
        new("GET", "/instances/{id}/rendered", request => PictureAsync(request, 0, PictureKind.Rendered), "Render an image"),
        new("GET", "/instances/{id}/image-uint8", request => PictureAsync(request, 0, PictureKind.UInt8), "Decode an image (uint8)"),
        new("GET", "/instances/{id}/image-uint16", request => PictureAsync(request, 0, PictureKind.UInt16), "Decode an image (uint16)"),
        new("GET", "/instances/{id}/image-int16", request => PictureAsync(request, 0, PictureKind.Int16), "Decode an image (int16)"),
        new("GET", "/instances/{id}/frames/{frame}/preview", request => FrameAsync(request, PictureKind.Preview), "Decode a frame (preview)"),
        new("GET", "/instances/{id}/frames/{frame}/rendered", request => FrameAsync(request, PictureKind.Rendered), "Render a frame"),
        new("GET", "/instances/{id}/frames/{frame}/image-uint8", request => FrameAsync(request, PictureKind.UInt8), "Decode a frame (uint8)"),
        new("GET", "/instances/{id}/frames/{frame}/image-uint16", request => FrameAsync(request, PictureKind.UInt16), "Decode a frame (uint16)"),
        new("GET", "/instances/{id}/frames/{frame}/image-int16", request => FrameAsync(request, PictureKind.Int16), "Decode a frame (int16)"),
    ];

    private ValueTask FrameAsync(RestRequest request, PictureKind kind) =>
        int.TryParse(request.Param(1), NumberStyles.None, CultureInfo.InvariantCulture, out int frame) ? PictureAsync(request, frame, kind) : request.Decline();

    private async ValueTask PictureAsync(RestRequest request, int frame, PictureKind kind)
    {
        // Orthanc declines, with an empty 404, what it cannot offer in any type that is asked for, and numbers that are none.
        if (ImageNegotiation.Choose(request.Headers.Accept) is not { } format
            || (format == PictureFormat.Jpeg && kind is PictureKind.UInt16 or PictureKind.Int16)
            || ReadWindow(request, new FramePicture(kind, format)) is not { } picture
            || await engine.Files.FindAsync(request.Param(0), request.Aborted).ConfigureAwait(false) is not { } instance)
        {
            await request.Decline().ConfigureAwait(false);
            return;
        }

        EncodedImage? image;
        try
        {
            picture = picture with { Quality = ReadQuality(request), Smooth = kind == PictureKind.Rendered && ReadSmooth(request) };
            image = await engine.Images.PictureAsync(instance, frame, picture, request.Aborted).ConfigureAwait(false);
        }
        catch (EdgeException e) when (e.Code == ErrorCode.UnsupportedMediaType)
        {
            Log.Http.Info($"no picture: {e.Message}");
            await AnswerUnsupportedAsync(request).ConfigureAwait(false);
            return;
        }

        if (image is null)
        {
            await request.Decline().ConfigureAwait(false);
            return;
        }

        using (image)
        {
            await request.Bytes(image.Memory, ImageNegotiation.MediaType(format)).ConfigureAwait(false);
        }
    }

    private static ValueTask AnswerUnsupportedAsync(RestRequest request)
    {
        if (!request.HasFlag("returnUnsupportedImage"))
        {
            return request.Empty(415);
        }

        // Relative, because what stands in front of the server may serve it under another path: from /instances/{id}/preview up to the root.
        int depth = request.Path.AsSpan().Trim('/').Count('/');
        return request.Redirect(string.Concat(Enumerable.Repeat("../", depth)) + "app/images/unsupported.png");
    }

    /// <summary>The window and the size that the arguments ask for; null where one of them is no number.</summary>
    private static FramePicture? ReadWindow(RestRequest request, FramePicture picture)
    {
        if (picture.Kind != PictureKind.Rendered)
        {
            return picture;
        }

        return TryReadNumber(request, "window-center", out double? center) && TryReadNumber(request, "window-width", out double? windowWidth)
            && TryReadSide(request, "width", out int width) && TryReadSide(request, "height", out int height)
                ? picture with { WindowCenter = center, WindowWidth = windowWidth, Width = width, Height = height }
                : null;
    }

    // What is wrong with these two is 415 in Orthanc, also where nothing is encoded as JPEG.

    /// <exception cref="EdgeException">UnsupportedMediaType.</exception>
    private static int ReadQuality(RestRequest request) => request.Argument("quality") switch
    {
        null => 90,
        { } text when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int quality) && quality is >= 1 and <= 100 => quality,
        { } text => throw new EdgeException(ErrorCode.UnsupportedMediaType, $"The quality \"{text}\" is no number between 1 and 100"),
    };

    /// <exception cref="EdgeException">UnsupportedMediaType.</exception>
    private static bool ReadSmooth(RestRequest request) => request.Argument("smooth") switch
    {
        null or "0" or "false" => false,
        "" or "1" or "true" => true,
        { } text => throw new EdgeException(ErrorCode.UnsupportedMediaType, $"\"{text}\" is no boolean"),
    };

    private static bool TryReadNumber(RestRequest request, string name, out double? value)
    {
        value = null;
        if (request.Argument(name) is not { } text)
        {
            return true;
        }

        bool isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number);
        value = number;
        return isNumber;
    }

    private static bool TryReadSide(RestRequest request, string name, out int value)
    {
        value = 0;
        return request.Argument(name) is not { } text || int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
    }
}
