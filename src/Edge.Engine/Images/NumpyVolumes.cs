using System.Buffers;
using System.IO.Pipelines;
using Edge.Core.Errors;
using Edge.Engine.Content;
using Edge.Engine.Slices;
using Edge.Imaging;
using Edge.Imaging.Output;
using Edge.Store.Index;

namespace Edge.Engine.Images;

/// <summary>Arrays of numpy over all frames of an instance or a series, written as they are decoded.</summary>
public sealed class NumpyVolumes(IResourceIndex index, InstanceFiles files, FrameDecoding decoding)
{
    /// <summary>Frames decoded ahead of the one that is being sent.</summary>
    private const int Ahead = 3;

    /// <summary>All frames of an instance.</summary>
    /// <exception cref="ImageException">Not decodable.</exception>
    /// <exception cref="EdgeException">The file cannot be read.</exception>
    public ValueTask<NumpyVolume> OfInstanceAsync(StoredInstance instance, bool isRescaled, CancellationToken cancellation) =>
        OpenAsync([instance], isRescaled, cancellation);

    /// <summary>All frames of a series in the order of its slices.</summary>
    /// <exception cref="EdgeException">UnknownResource; CannotOrderSlices; a file cannot be read.</exception>
    /// <exception cref="ImageException">Not decodable; <see cref="ErrorCode.IncompatibleImageSize"/> or <see cref="ErrorCode.IncompatibleImageFormat"/>: the frames differ.</exception>
    public async ValueTask<NumpyVolume> OfSeriesAsync(string seriesId, bool isRescaled, CancellationToken cancellation)
    {
        SliceOrder order = await SliceOrder.OfAsync(index, seriesId, cancellation).ConfigureAwait(false);
        List<StoredInstance> instances = new(order.Slices.Count);
        foreach (OrderedSlice slice in order.Slices)
        {
            instances.Add(await files.RequireAsync(slice.PublicId, cancellation).ConfigureAwait(false));
        }

        return await OpenAsync(instances, isRescaled, cancellation).ConfigureAwait(false);
    }

    /// <summary>Writes the header and all frames.</summary>
    public async ValueTask WriteAsync(NumpyVolume volume, PipeWriter output, CancellationToken cancellation)
    {
        output.Write(NumpyWriter.Header(volume.Depth, volume.Height, volume.Width, volume.Format, volume.IsRescaled));
        // With the last frame of a file, what it was read into.
        Queue<(Task<EncodedImage> Frame, StoredPixels? Spent)> running = new(Ahead);
        try
        {
            foreach (StoredInstance instance in volume.Instances)
            {
                StoredPixels pixels = await decoding.OpenAsync(instance, isWanted: true, cancellation).ConfigureAwait(false);
                for (int frame = 0; frame < pixels.NumberOfFrames; frame++)
                {
                    if (running.Count == Ahead)
                    {
                        await SendAsync(running.Dequeue(), output, cancellation).ConfigureAwait(false);
                    }

                    running.Enqueue((decoding.RunAsync(pixels, frame, volume, Values, cancellation).AsTask(), frame == pixels.NumberOfFrames - 1 ? pixels : null));
                }
            }

            while (running.Count > 0)
            {
                await SendAsync(running.Dequeue(), output, cancellation).ConfigureAwait(false);
            }
        }
        finally
        {
            // What still runs when the client has gone gives its memory back.
            foreach ((Task<EncodedImage> left, _) in running)
            {
                await ((Task)left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (left.IsCompletedSuccessfully)
                {
                    left.Result.Dispose();
                }
            }
        }
    }

    private static async ValueTask SendAsync((Task<EncodedImage> Frame, StoredPixels? Spent) next, PipeWriter output, CancellationToken cancellation)
    {
        using EncodedImage values = await next.Frame.ConfigureAwait(false);
        // Frames are sent in their order: those before have been decoded.
        next.Spent?.Dispose();
        await output.WriteAsync(values.Memory, cancellation).ConfigureAwait(false);
    }

    private static EncodedImage Values(DecodedFrame decoded, NumpyVolume volume)
    {
        PixelBuffer pixels = decoded.Pixels;
        DemandSame(volume, pixels.Height, pixels.Width, pixels.Format);
        int length = NumpyWriter.FrameLength(volume.Height, volume.Width, volume.Format, volume.IsRescaled);
        EncodedImage values = new(length);
        NumpyWriter.Write(pixels, volume.IsRescaled ? decoded.Presentation.Rescale : null, values.GetSpan(length)[..length]);
        values.Advance(length);
        return values;
    }

    // All headers are read before the first byte is sent: what does not fit together is an error and not half an answer.
    private async ValueTask<NumpyVolume> OpenAsync(IReadOnlyList<StoredInstance> instances, bool isRescaled, CancellationToken cancellation)
    {
        NumpyVolume? volume = null;
        foreach (StoredInstance instance in instances)
        {
            StoredPixels pixels = await decoding.OpenAsync(instance, isWanted: false, cancellation).ConfigureAwait(false);
            PixelFormat format = FrameDecoding.FormatOf(pixels);
            ImageDescription image = pixels.Image;
            volume ??= new NumpyVolume(instances, 0, image.Rows, image.Columns, format, isRescaled);
            DemandSame(volume, image.Rows, image.Columns, format);
            volume = volume with { Depth = volume.Depth + pixels.NumberOfFrames };
        }

        return volume ?? throw new EdgeException(ErrorCode.CannotOrderSlices, "The series has no instances");
    }

    private static void DemandSame(NumpyVolume volume, int height, int width, PixelFormat format)
    {
        if (height != volume.Height || width != volume.Width)
        {
            throw new ImageException(ErrorCode.IncompatibleImageSize, $"a frame of {width} x {height} pixels among frames of {volume.Width} x {volume.Height}");
        }

        if (format != volume.Format)
        {
            throw new ImageException(ErrorCode.IncompatibleImageFormat, $"a frame of {format} among frames of {volume.Format}");
        }
    }
}

/// <summary>Frames that form one array.</summary>
/// <param name="Instances">Whose frames, in their order.</param>
/// <param name="Depth">The number of frames.</param>
/// <param name="Height">Rows of each.</param>
/// <param name="Width">Columns of each.</param>
/// <param name="Format">Of the decoded samples.</param>
/// <param name="IsRescaled">Whether grey is given as rescaled single precision numbers.</param>
public sealed record NumpyVolume(IReadOnlyList<StoredInstance> Instances, long Depth, int Height, int Width, PixelFormat Format, bool IsRescaled)
{
    /// <summary>The bytes of the array, header included.</summary>
    public long Length => NumpyWriter.HeaderLength + (Depth * NumpyWriter.FrameLength(Height, Width, Format, IsRescaled));
}
