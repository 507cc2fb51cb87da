using System.Globalization;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Engine;
using Edge.Engine.Content;
using Edge.Imaging.Output;
using Edge.Rest.Hosting;

namespace Edge.Rest.Orthanc;

/// <summary>Pictures of instances.</summary>
public sealed class Images(EdgeEngine engine)
{
    public Route[] Routes() =>
    [
        new("GET", "/instances/{id}/preview", request => PreviewAsync(request, 0), "Decode an image (preview)"),
        new("GET", "/instances/{id}/frames/{frame}/preview", FramePreviewAsync, "Decode a frame (preview)"),
    ];

    private ValueTask FramePreviewAsync(RestRequest request) =>
        int.TryParse(request.Param(1), NumberStyles.None, CultureInfo.InvariantCulture, out int frame) ? PreviewAsync(request, frame) : request.Decline();

    private async ValueTask PreviewAsync(RestRequest request, int frame)
    {
        // Orthanc declines, with an empty 404, what it cannot offer in any type that is asked for.
        if (request.Negotiate("image/png") is null || await engine.Files.FindAsync(request.Param(0), request.Aborted).ConfigureAwait(false) is not { } instance)
        {
            return;
        }

        EncodedImage? image;
        try
        {
            image = await engine.Images.PreviewAsync(instance, frame, request.Aborted).ConfigureAwait(false);
        }
        catch (EdgeException e) when (e.Code == ErrorCode.UnsupportedMediaType)
        {
            Log.Http.Info($"no preview: {e.Message}");
            if (request.HasFlag("returnUnsupportedImage"))
            {
                await request.Redirect("/app/images/unsupported.png").ConfigureAwait(false);
            }
            else
            {
                await request.Empty(415).ConfigureAwait(false);
            }

            return;
        }

        if (image is not null)
        {
            using (image)
            {
                await request.Bytes(image.Memory, "image/png").ConfigureAwait(false);
            }
        }
    }
}
