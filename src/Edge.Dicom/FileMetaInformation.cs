using System.Buffers;
using System.Text;
using Edge.Core.Ids;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Edge.Dicom.Writing;

namespace Edge.Dicom;

/// <summary>Builds the preamble and group 0002 (PS3.10 7.1) for a data set that came without: by C-STORE, or made here.</summary>
public static class FileMetaInformation
{
    /// <summary>Group 0002 for a data set. Of who sent it nothing is said: the index knows it, and the bytes of an instance do not depend on its way here.</summary>
    public static DataSet Build(string sopClassUid, string sopInstanceUid, string transferSyntaxUid)
    {
        var meta = new DataSet();
        meta.SetBytes(DicomTags.FileMetaInformationVersion, new byte[] { 0, 1 }, Vr.OB);
        meta.SetString(DicomTags.MediaStorageSOPClassUID, sopClassUid, Vr.UI);
        meta.SetString(DicomTags.MediaStorageSOPInstanceUID, sopInstanceUid, Vr.UI);
        meta.SetString(DicomTags.TransferSyntaxUID, transferSyntaxUid, Vr.UI);
        meta.SetString(DicomTags.ImplementationClassUID, Implementation.ClassUid, Vr.UI);
        meta.SetString(DicomTags.ImplementationVersionName, Implementation.VersionName, Vr.SH);
        return meta;
    }

    /// <summary>The bytes that precede the data set in a file: 128 zeros, <c>DICM</c>, group 0002 with its length.</summary>
    public static byte[] Encode(string sopClassUid, string sopInstanceUid, string transferSyntaxUid)
    {
        var output = new ArrayBufferWriter<byte>(512);
        Span<byte> preamble = output.GetSpan(132)[..132];
        preamble.Clear();
        "DICM"u8.CopyTo(preamble[128..]);
        output.Advance(132);
        Write(output, Build(sopClassUid, sopInstanceUid, transferSyntaxUid), transferSyntaxUid);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>
    /// Gives a file the preamble and the group 0002 that PS3.10 demands: a missing one is built from the data set; SOP class, instance and
    /// transfer syntax of an existing one are brought into line with it.
    /// </summary>
    public static void Ensure(DicomFile file)
    {
        string sopClass = file.DataSet.GetString(DicomTags.SOPClassUID) ?? "";
        string sopInstance = file.DataSet.GetString(DicomTags.SOPInstanceUID) ?? "";
        file.HasPreamble = true;
        if (file.Meta is not { } meta)
        {
            file.Meta = Build(sopClass, sopInstance, file.TransferSyntax.Uid);
            return;
        }

        SetWhereDifferent(meta, DicomTags.MediaStorageSOPClassUID, sopClass);
        SetWhereDifferent(meta, DicomTags.MediaStorageSOPInstanceUID, sopInstance);
        SetWhereDifferent(meta, DicomTags.TransferSyntaxUID, file.TransferSyntax.Uid);
    }

    /// <summary>Writes group 0002 in explicit little endian, with its length and the transfer syntax that follows.</summary>
    internal static void Write(IBufferWriter<byte> destination, DataSet meta, string transferSyntaxUid)
    {
        if (!Holds(meta, DicomTags.TransferSyntaxUID, transferSyntaxUid)
            || meta.Find(DicomTags.FileMetaInformationGroupLength) is not { Vr: Vr.UL, Value.Length: 4 })
        {
            meta = meta.Clone();
            SetWhereDifferent(meta, DicomTags.TransferSyntaxUID, transferSyntaxUid);
            meta.SetInteger(DicomTags.FileMetaInformationGroupLength, 0, Vr.UL);
        }

        var lengths = new LengthPlan(DicomWriteOptions.Default);
        lengths.Measure(meta, HeaderEncoding.ExplicitLittle);
        new DataSetWriter(destination, lengths, DicomWriteOptions.Default).Write(meta, HeaderEncoding.ExplicitLittle);
    }

    private static void SetWhereDifferent(DataSet meta, DicomTag tag, string value)
    {
        if (value.Length > 0 && !Holds(meta, tag, value))
        {
            meta.SetString(tag, value, Vr.UI);
        }
    }

    // As the scanner reads it, and under the right VR.
    private static bool Holds(DataSet meta, DicomTag tag, string value) =>
        meta.Find(tag) is { Vr: Vr.UI } element && string.Equals(Encoding.Latin1.GetString(TextBytes.Prepared(element.Value.Span)), value, StringComparison.Ordinal);
}
