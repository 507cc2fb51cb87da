using Edge.Dicom.Tags;
using Edge.Dicom.Text;

namespace Edge.Dicom.Reading;

/// <summary>What becomes of top-level pixel data on reading.</summary>
public enum PixelDataReading
{
    /// <summary>Read like every other value.</summary>
    Load,

    /// <summary>Left in its source as an <see cref="ExternalValue"/>: for files of many gigabytes. From memory the same as <see cref="Load"/>.</summary>
    Leave,

    /// <summary>Reading stops before it: it and what follows is not in the data set.</summary>
    Stop,
}

/// <summary>How to read, and the limits that keep hostile input bounded.</summary>
public sealed record DicomReadOptions
{
    public static readonly DicomReadOptions Default = new();

    /// <summary>Everything up to pixel data: what most questions need.</summary>
    public static readonly DicomReadOptions HeaderOnly = new() { PixelData = PixelDataReading.Stop };

    public PixelDataReading PixelData { get; init; } = PixelDataReading.Load;

    /// <summary>The encoding where (0008,0005) is absent.</summary>
    public OrthancEncoding DefaultEncoding { get; init; } = OrthancEncoding.Latin1;

    /// <summary>Sequences nested deeper are refused.</summary>
    public int MaximumDepth { get; init; } = 100;

    /// <summary>More elements and items than this, in the whole tree, are refused: each costs about 60 bytes of memory.</summary>
    public int MaximumElements { get; init; } = 4_000_000;

    /// <summary>The largest data set, in bytes, that is inflated (deflated transfer syntax) or loaded from a source.</summary>
    public int MaximumLoadedLength { get; init; } = 512 << 20;

    /// <summary>The transfer syntax of a bare data set; null where the bytes are a file and say it themselves.</summary>
    public TransferSyntax? TransferSyntax { get; init; }
}
