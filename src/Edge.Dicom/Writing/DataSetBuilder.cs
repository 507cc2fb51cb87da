using Edge.Dicom.Tags;

namespace Edge.Dicom.Writing;

/// <summary>Builds data sets and files in a chain: for tests, and for what the product makes itself.</summary>
public sealed class DataSetBuilder
{
    private readonly DataSet _dataSet = new();

    /// <summary>A text, or numbers as text, by the dictionary's VR unless one is named.</summary>
    public DataSetBuilder Add(DicomTag tag, string text, Vr vr = Vr.None)
    {
        _dataSet.SetString(tag, text, vr);
        return this;
    }

    /// <summary>Raw bytes, little endian.</summary>
    public DataSetBuilder Add(DicomTag tag, byte[] value, Vr vr = Vr.None)
    {
        _dataSet.SetBytes(tag, value, vr);
        return this;
    }

    /// <summary>Integers, binary or text by the VR.</summary>
    public DataSetBuilder Add(DicomTag tag, params ReadOnlySpan<long> values)
    {
        _dataSet.SetIntegers(tag, values);
        return this;
    }

    /// <summary>A sequence of items.</summary>
    public DataSetBuilder Add(DicomTag tag, bool undefinedLength, params DataSetBuilder[] items)
    {
        DataSet[] built = Array.ConvertAll(items, item => item.Build());
        foreach (DataSet item in built)
        {
            item.IsUndefinedLength = undefinedLength;
        }

        _dataSet.SetItems(tag, built, undefinedLength);
        return this;
    }

    /// <summary>A private element in the block of a creator, which is reserved where needed.</summary>
    public DataSetBuilder AddPrivate(string creator, ushort group, byte element, Vr vr, string text)
    {
        _dataSet.SetString(_dataSet.ReservePrivateTag(creator, group, element), text, vr);
        return this;
    }

    /// <summary>Encapsulated pixel data: the offset table first.</summary>
    public DataSetBuilder AddFragments(params byte[][] fragments)
    {
        _dataSet.Set(DicomElement.Encapsulated(DicomTags.PixelData, fragments.Select(f => (ReadOnlyMemory<byte>)f)));
        return this;
    }

    /// <summary>Native pixel data with the attributes that describe it.</summary>
    /// <param name="pixels">Little endian samples, by PS3.5 8.1.1.</param>
    public DataSetBuilder AddImage(int rows, int columns, int bits, byte[] pixels, int samples = 1, int frames = 1)
    {
        Add(DicomTags.SamplesPerPixel, samples);
        Add(DicomTags.PhotometricInterpretation, samples == 1 ? "MONOCHROME2" : "RGB");
        if (samples > 1)
        {
            Add(DicomTags.PlanarConfiguration, 0);
        }

        if (frames > 1)
        {
            Add(DicomTags.NumberOfFrames, frames);
        }

        Add(DicomTags.Rows, rows);
        Add(DicomTags.Columns, columns);
        Add(DicomTags.BitsAllocated, bits);
        Add(DicomTags.BitsStored, bits);
        Add(DicomTags.HighBit, bits - 1);
        Add(DicomTags.PixelRepresentation, 0);
        return Add(DicomTags.PixelData, pixels, bits > 8 ? Vr.OW : Vr.OB);
    }

    /// <summary>The four identifiers and the SOP class.</summary>
    public DataSetBuilder AddIdentifiers(string patientId, string study, string series, string instance, string sopClass = UidRegistry.SecondaryCaptureImageStorage) =>
        Add(DicomTags.SOPClassUID, sopClass).Add(DicomTags.SOPInstanceUID, instance).Add(DicomTags.PatientID, patientId)
            .Add(DicomTags.StudyInstanceUID, study).Add(DicomTags.SeriesInstanceUID, series);

    public DataSet Build() => _dataSet;

    /// <summary>A file with preamble and meta information.</summary>
    public DicomFile BuildFile(TransferSyntax? syntax = null)
    {
        var file = new DicomFile(null, _dataSet, syntax ?? TransferSyntax.ExplicitVrLittleEndian);
        FileMetaInformation.Ensure(file);
        return file;
    }

    /// <summary>The bytes of such a file.</summary>
    public byte[] ToArray(TransferSyntax? syntax = null, DicomWriteOptions? options = null) => DicomWriter.ToArray(BuildFile(syntax), options);
}
