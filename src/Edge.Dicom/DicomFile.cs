using Edge.Dicom.Reading;
using Edge.Dicom.Tags;

namespace Edge.Dicom;

/// <summary>A DICOM file (PS3.10 7): preamble, file meta information, data set.</summary>
public sealed class DicomFile
{
    public DicomFile(DataSet? meta, DataSet dataSet, TransferSyntax transferSyntax)
    {
        Meta = meta;
        DataSet = dataSet;
        TransferSyntax = transferSyntax;
    }

    /// <summary>The 128 bytes before <c>DICM</c>; null where a file has neither. Null is written as zeros where there is meta information.</summary>
    public ReadOnlyMemory<byte>? Preamble { get; set; }

    /// <summary>Whether the preamble and <c>DICM</c> are there or to be written.</summary>
    public bool HasPreamble { get; set; } = true;

    /// <summary>Group 0002; null where a file has none.</summary>
    public DataSet? Meta { get; set; }

    public DataSet DataSet { get; }

    /// <summary>How the data set is or was encoded; what it says may have been corrected (see <see cref="Notes"/>).</summary>
    public TransferSyntax TransferSyntax { get; set; }

    /// <summary>Where the reading stopped, and whether pixel data was left out.</summary>
    public bool StoppedBeforePixelData { get; init; }

    /// <summary>What was found damaged and how it was taken; empty for a sound file.</summary>
    public IReadOnlyList<DamageNote> Notes { get; init; } = [];

    /// <summary>Reads a whole file from memory; values are slices of it.</summary>
    /// <exception cref="DicomFormatException">What cannot be DICOM.</exception>
    public static DicomFile Read(ReadOnlyMemory<byte> file, DicomReadOptions? options = null) => DicomReader.ReadFile(file, options);

    /// <summary>Writes the file in its transfer syntax.</summary>
    public byte[] ToArray() => DicomWriter.ToArray(this);
}
