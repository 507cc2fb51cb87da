using System.Globalization;
using Edge.Core.Options;

namespace Edge.Engine.Runtime;

/// <summary>Names of metadata and attachments and the numbers behind them: the system's, and those of <c>UserMetadata</c> and <c>UserContentType</c>.</summary>
public sealed class NamedNumbers
{
    private const string UnknownMime = "application/octet-stream";

    private static readonly (int Number, string Name)[] SystemMetadata =
    [
        (1, "IndexInSeries"), (2, "ReceptionDate"), (3, "RemoteAET"), (4, "ExpectedNumberOfInstances"), (5, "ModifiedFrom"), (6, "AnonymizedFrom"),
        (7, "LastUpdate"), (8, "Origin"), (9, "TransferSyntax"), (10, "SopClassUid"), (11, "RemoteIP"), (12, "CalledAET"), (13, "HttpUsername"),
        (14, "PixelDataOffset"), (15, "MainDicomTagsSignature"), (16, "MainDicomSequences"), (17, "PixelDataVR"),
    ];

    private static readonly (int Number, string Name, string Mime)[] SystemContent =
    [
        (1, "dicom", "application/dicom"), (2, "dicom-as-json", "application/json; charset=utf-8"), (3, "dicom-until-pixel-data", UnknownMime),
    ];

    private readonly Dictionary<int, string> _metadataNames = [];
    private readonly Dictionary<string, int> _metadataNumbers = new(StringComparer.Ordinal);
    private readonly Dictionary<int, (string Name, string Mime)> _content = [];
    private readonly Dictionary<string, int> _contentNumbers = new(StringComparer.Ordinal);

    public NamedNumbers(IndexingOptions options)
    {
        UserMetadata = options.UserMetadata;
        foreach ((int number, string name) in SystemMetadata)
        {
            _metadataNames[number] = name;
            _metadataNumbers[name] = number;
        }

        foreach ((string name, int number) in options.UserMetadata)
        {
            _metadataNames[number] = name;
            _metadataNumbers[name] = number;
        }

        foreach ((int number, string name, string mime) in SystemContent)
        {
            _content[number] = (name, mime);
            _contentNumbers[name] = number;
        }

        foreach ((string name, UserContentType type) in options.UserContentType)
        {
            _content[type.Number] = (name, type.Mime);
            _contentNumbers[name] = type.Number;
        }
    }

    /// <summary>The user metadata of the configuration.</summary>
    public IReadOnlyDictionary<string, int> UserMetadata { get; }

    /// <summary>The name of a metadata, or its number as text.</summary>
    public string MetadataName(int number) => _metadataNames.GetValueOrDefault(number) ?? number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The number of a metadata given by name or number; null where it is neither.</summary>
    public int? FindMetadata(string text) => Find(_metadataNumbers, text);

    /// <summary>The name of an attachment, or its number as text.</summary>
    public string ContentName(int number) => _content.TryGetValue(number, out (string Name, string Mime) entry) ? entry.Name : number.ToString(CultureInfo.InvariantCulture);

    /// <summary>The number of an attachment given by name or number; null where it is neither.</summary>
    public int? FindContent(string text) => Find(_contentNumbers, text);

    /// <summary>The MIME type in which the data of an attachment is served.</summary>
    public string ContentMime(int number) => _content.TryGetValue(number, out (string Name, string Mime) entry) ? entry.Mime : UnknownMime;

    private static int? Find(Dictionary<string, int> numbers, string text) =>
        numbers.TryGetValue(text, out int number) || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number is >= 0 and <= 65535)
            ? number
            : null;
}
