using Edge.Core.Errors;
using Edge.Core.Threads;
using Edge.Engine.Content;
using Edge.Imaging;
using Edge.Imaging.Codecs;
using Edge.Imaging.Codecs.Native;

namespace Edge.Engine.Images;

/// <summary>
/// Decodes frames, and runs what is done with them, on a few threads of their own that give way to those of ingest. As many frames are in
/// memory at a time as there are threads, twice; the rest of the requests wait.
/// </summary>
public sealed class FrameDecoding : IDisposable
{
    private readonly InstanceFiles _files;
    private readonly ThreadCrew _crew;
    private readonly FrameCache _cache;
    private readonly SemaphoreSlim _slots;

    /// <param name="files">The stored files.</param>
    /// <param name="crew">The threads, which may wait for the file threads.</param>
    /// <param name="threads">How many they are.</param>
    /// <param name="cache">Where frames decoded for pictures are kept.</param>
    public FrameDecoding(InstanceFiles files, ThreadCrew crew, int threads, FrameCache cache)
    {
        (_files, _crew, _cache) = (files, crew, cache);
        _slots = new SemaphoreSlim(2 * threads);
    }

    /// <summary>Decodes a frame and makes something of it.</summary>
    /// <param name="instance">Whose frame.</param>
    /// <param name="frame">From 0.</param>
    /// <param name="state">For <paramref name="make"/>.</param>
    /// <param name="make">Runs on a decoding thread; the frame is valid during the call.</param>
    /// <param name="cancellation">Ends the waiting, not the decoding of a frame.</param>
    /// <exception cref="ImageException">
    /// <see cref="ErrorCode.NotImplemented"/>: no pixel data, or not decodable; <see cref="ErrorCode.ParameterOutOfRange"/>: no such frame;
    /// others where the pixel data is faulty.
    /// </exception>
    /// <exception cref="EdgeException">The file cannot be read.</exception>
    public async ValueTask<T> RunAsync<TState, T>(StoredInstance instance, int frame, TState state, Func<DecodedFrame, TState, T> make, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            if (_cache.Find(instance.RequireFile().File.Uuid, frame) is { } known)
            {
                return await _crew.RunAsync((known, state, make), Use, cancellation).ConfigureAwait(false);
            }

            StoredPixels pixels = await OpenAsync(instance, isWanted: true, cancellation).ConfigureAwait(false);
            return await _crew.RunAsync((Pixels: pixels, Frame: frame, Cache: _cache, state, make), static work =>
            {
                // Here, and not where it is waited for: that may end before this has begun.
                using StoredPixels opened = work.Pixels;
                DecodedFrame decoded = Decode(opened, work.Frame);
                work.Cache.Add(work.Pixels.File.Uuid, work.Frame, decoded);
                return Use((decoded, work.state, work.make));
            }, cancellation).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>The same from pixel data that was opened before, for walks through many frames: nothing of them is kept.</summary>
    /// <exception cref="ImageException">As above.</exception>
    public async ValueTask<T> RunAsync<TState, T>(StoredPixels pixels, int frame, TState state, Func<DecodedFrame, TState, T> make, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await _crew.RunAsync((pixels, frame, state, make), static work => Use((Decode(work.pixels, work.frame), work.state, work.make)), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Runs work on pixel data that is not decoded.</summary>
    public async ValueTask<T> RunRawAsync<T>(StoredPixels pixels, int frame, Func<StoredPixels, int, T> work, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            return await _crew.RunAsync((pixels, frame, work), static w => w.work(w.pixels, w.frame), cancellation).ConfigureAwait(false);
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Opens the pixel data of an instance.</summary>
    /// <param name="instance">Whose.</param>
    /// <param name="isWanted">Whether frames will be read, and not the header alone.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    /// <exception cref="ImageException"><see cref="ErrorCode.NotImplemented"/>: there is none that consists of integers.</exception>
    /// <exception cref="EdgeException">The file cannot be read.</exception>
    public async ValueTask<StoredPixels> OpenAsync(StoredInstance instance, bool isWanted, CancellationToken cancellation) =>
        await StoredPixels.OpenAsync(_files, instance, isWanted, cancellation).ConfigureAwait(false)
        ?? throw new ImageException(ErrorCode.NotImplemented, "this instance has no pixel data of integers");

    /// <summary>The form of the frames of pixel data, from the header alone.</summary>
    /// <exception cref="ImageException">Not decodable.</exception>
    public static PixelFormat FormatOf(StoredPixels pixels)
    {
        DemandDecodable(pixels);
        ImageDescription image = pixels.Image;
        // Decoders give colour of any kind as RGB, palettes apart.
        ImageDescription meaning = pixels.Syntax.IsEncapsulated && image.SamplesPerPixel == 3 ? image with { Photometric = "RGB" } : image;
        return NativeDecoder.FormatOf(meaning) ?? throw NotDecodable(pixels);
    }

    public void Dispose() => _slots.Dispose();

    private static T Use<TState, T>((DecodedFrame Frame, TState State, Func<DecodedFrame, TState, T> Make) work)
    {
        using (work.Frame)
        {
            return work.Make(work.Frame, work.State);
        }
    }

    private static DecodedFrame Decode(StoredPixels pixels, int frame)
    {
        DemandDecodable(pixels);
        ImageDescription image = pixels.Image;
        image.Validate();
        ReadOnlyMemory<byte> bytes = pixels.Read(frame);
        PixelBuffer decoded = pixels.Syntax.IsEncapsulated
            ? FrameDecoder.Decode(pixels.Syntax.Uid, image, bytes.Span)
            : NativeDecoder.Decode(image, bytes.Span, image.Locate(frame).FirstBit);
        return new DecodedFrame(decoded, image.IsInverted, FramePresentation.Of(pixels.DataSet, frame));
    }

    private static void DemandDecodable(StoredPixels pixels)
    {
        if (!pixels.IsDecodable)
        {
            throw NotDecodable(pixels);
        }
    }

    private static ImageException NotDecodable(StoredPixels pixels) =>
        new(ErrorCode.NotImplemented, $"the pixel data of this instance ({pixels.Syntax.Name}) cannot be decoded");
}
