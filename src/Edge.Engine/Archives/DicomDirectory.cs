using System.Globalization;
using System.Numerics;
using Edge.Dicom;
using Edge.Dicom.Tags;

namespace Edge.Engine.Archives;

/// <summary>Builds the DICOMDIR of a medium (PS3.3 annex F, PS3.10 8.6): a record for each patient, study, series and file, in the order in which they come.</summary>
/// <param name="isExtended">Whether series are described, which the standard's records need not do.</param>
internal sealed class DicomDirectory(bool isExtended)
{
    private const int ItemHeader = 8, SequenceHeader = 12;
    private const ushort InUse = 0xffff;

    private static readonly DicomTag FileSetId = new(0x00041130), FirstRecord = new(0x00041200), LastRecord = new(0x00041202), Consistency = new(0x00041212);
    private static readonly DicomTag Records = new(0x00041220), Next = new(0x00041400), IsInUse = new(0x00041410), Lower = new(0x00041420), Type = new(0x00041430);
    private static readonly DicomTag FileId = new(0x00041500), FileClass = new(0x00041510), FileInstance = new(0x00041511), FileSyntax = new(0x00041512);

    private static readonly (DicomTag Date, DicomTag Time)[] StudyTimes =
    [
        (new(0x00080020), new(0x00080030)), (new(0x00080021), new(0x00080031)), (new(0x00080022), new(0x00080032)), (new(0x00080023), new(0x00080033)),
    ];

    private readonly Record _root = new(new DataSet());
    private DicomElement? _characterSet;

    /// <summary>Adds a file of the medium.</summary>
    /// <param name="path">Its path, components separated by <c>\</c>.</param>
    /// <param name="header">Its data set, without pixel data.</param>
    /// <param name="transferSyntaxUid">As the file on the medium is encoded.</param>
    public void Add(string path, DataSet header, string transferSyntaxUid)
    {
        string patientId = header.GetString(DicomTags.PatientID) ?? "", study = header.GetString(DicomTags.StudyInstanceUID) ?? "", series = header.GetString(DicomTags.SeriesInstanceUID) ?? "";
        Record patient = _root.Child(patientId, () => Make(header, "PATIENT", DicomTags.PatientName, DicomTags.PatientID));
        Record ofStudy = patient.Child(study, () => MakeStudy(header));
        Record ofSeries = ofStudy.Child(series, () => isExtended
            ? Make(header, "SERIES", DicomTags.Modality, DicomTags.SeriesDescription, DicomTags.SeriesInstanceUID, DicomTags.SeriesNumber)
            : Make(header, "SERIES", DicomTags.Modality, DicomTags.SeriesInstanceUID, DicomTags.SeriesNumber));
        ofSeries.Child(path, () =>
        {
            DataSet image = Make(header, "IMAGE", DicomTags.InstanceNumber);
            image.SetString(FileId, path, Vr.CS);
            image.SetString(FileClass, header.GetString(DicomTags.SOPClassUID) ?? "", Vr.UI);
            image.SetString(FileInstance, header.GetString(DicomTags.SOPInstanceUID) ?? "", Vr.UI);
            image.SetString(FileSyntax, transferSyntaxUid, Vr.UI);
            return image;
        });
    }

    /// <summary>The file, in explicit little endian.</summary>
    public byte[] ToArray()
    {
        byte[] head = FileMetaInformation.Encode(UidRegistry.MediaStorageDirectory, NewUid(), TransferSyntax.ExplicitVrLittleEndian.Uid);
        DataSet directory = new();
        directory.SetString(FileSetId, "ORTHANC_MEDIA", Vr.CS);
        directory.SetInteger(FirstRecord, 0, Vr.UL);
        directory.SetInteger(LastRecord, 0, Vr.UL);
        directory.SetInteger(Consistency, 0, Vr.US);
        long at = head.Length + DicomWriter.Measure(directory, TransferSyntax.ExplicitVrLittleEndian) + SequenceHeader;

        // Offsets have a fixed length: all lengths are known before any offset is.
        List<DataSet> items = [];
        Place(_root, items, ref at);
        directory.SetInteger(FirstRecord, _root.Children.Count > 0 ? _root.Children[0].Offset : 0, Vr.UL);
        directory.SetInteger(LastRecord, _root.Children.Count > 0 ? _root.Children[^1].Offset : 0, Vr.UL);
        Link(_root);
        directory.SetItems(Records, items);
        if (_characterSet is { } characterSet)
        {
            // The records' own count (PS3.3 F.5). But DCMTK's dcm2xml, for one, takes text beyond ASCII for damage where the data set around
            // them names no character set.
            directory.Set(characterSet);
        }

        byte[] dataSet = DicomWriter.ToArray(directory, TransferSyntax.ExplicitVrLittleEndian);
        return [.. head, .. dataSet];
    }

    /// <summary>Depth first: what belongs together lies together.</summary>
    private static void Place(Record parent, List<DataSet> items, ref long at)
    {
        foreach (Record record in parent.Children)
        {
            record.Offset = at;
            items.Add(record.Content);
            at += ItemHeader + DicomWriter.Measure(record.Content, TransferSyntax.ExplicitVrLittleEndian);
            Place(record, items, ref at);
        }
    }

    private static void Link(Record parent)
    {
        for (int i = 0; i < parent.Children.Count; i++)
        {
            Record record = parent.Children[i];
            record.Content.SetInteger(Next, i + 1 < parent.Children.Count ? parent.Children[i + 1].Offset : 0, Vr.UL);
            record.Content.SetInteger(Lower, record.Children.Count > 0 ? record.Children[0].Offset : 0, Vr.UL);
            Link(record);
        }
    }

    private DataSet MakeStudy(DataSet header)
    {
        DataSet study = Make(header, "STUDY", DicomTags.AccessionNumber, DicomTags.StudyDescription, DicomTags.StudyInstanceUID, DicomTags.StudyID);
        (string? date, string? time) = (null, null);
        foreach ((DicomTag dateTag, DicomTag timeTag) in StudyTimes)
        {
            date = First(date, header.GetString(dateTag));
            time = First(time, header.GetString(timeTag));
        }

        // Both must be there (PS3.3 F.5.2): with Orthanc, what no date of the instance says is now.
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        study.SetString(DicomTags.StudyDate, date ?? now.ToString("yyyyMMdd", CultureInfo.InvariantCulture), Vr.DA);
        study.SetString(DicomTags.StudyTime, time ?? now.ToString("HHmmss", CultureInfo.InvariantCulture), Vr.TM);
        return study;
    }

    private static string? First(string? known, string? other) => known ?? (string.IsNullOrWhiteSpace(other) ? null : other);

    /// <summary>A record with values of the instance, byte for byte: their character set comes with them.</summary>
    private DataSet Make(DataSet header, string type, params ReadOnlySpan<DicomTag> tags)
    {
        DataSet record = new() { DefaultEncoding = header.DefaultEncoding };
        record.SetInteger(Next, 0, Vr.UL);
        record.SetInteger(IsInUse, InUse, Vr.US);
        record.SetInteger(Lower, 0, Vr.UL);
        record.SetString(Type, type, Vr.CS);
        DicomElement? own = null;
        if (header.Find(DicomTags.SpecificCharacterSet) is { Value.Length: > 0 } characterSet)
        {
            own = new DicomElement(characterSet.Tag, characterSet.Vr, characterSet.Value.ToArray());
            record.Set(own);
        }

        foreach (DicomTag tag in tags)
        {
            if (header.Find(tag) is { IsSequence: false } value)
            {
                record.Set(new DicomElement(tag, value.Vr, Padded(value)));
                if (value.Value.Span.ContainsAnyInRange<byte>(0x80, 0xff))
                {
                    _characterSet ??= own;
                }
            }
            else if (tag == DicomTags.PatientName || tag == DicomTags.AccessionNumber || tag == DicomTags.StudyDescription)
            {
                record.SetString(tag, ""); // type 2: there, though nothing is known (PS3.3 F.5.1, F.5.2)
            }
        }

        return record;
    }

    /// <summary>A copy of the value, padded as PS3.5 6.2 demands and not as whoever wrote it thought.</summary>
    private static byte[] Padded(DicomElement element)
    {
        byte pad = (byte)(element.Vr == Vr.UI ? 0 : ' ');
        ReadOnlySpan<byte> value = element.Value.Span.TrimEnd("\0 "u8);
        return value.Length % 2 == 0 ? value.ToArray() : [.. value, pad];
    }

    private static string NewUid() => $"2.25.{new BigInteger(Guid.NewGuid().ToByteArray(bigEndian: true), isUnsigned: true, isBigEndian: true)}";

    private sealed class Record(DataSet content)
    {
        private readonly Dictionary<string, Record> _byKey = new(StringComparer.Ordinal);

        public DataSet Content { get; } = content;

        public List<Record> Children { get; } = [];

        public long Offset { get; set; }

        public Record Child(string key, Func<DataSet> make)
        {
            if (!_byKey.TryGetValue(key, out Record? child))
            {
                _byKey.Add(key, child = new Record(make()));
                Children.Add(child);
            }

            return child;
        }
    }
}
