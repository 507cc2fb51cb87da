namespace Edge.Core.Errors;

/// <summary>What one error looks like on each face of the server.</summary>
/// <param name="Code">The number clients know.</param>
/// <param name="Message">The text on the wire.</param>
/// <param name="HttpStatus">The status of the Orthanc face.</param>
/// <param name="DimseStatus">The status of a DIMSE response (PS3.7 annex C, PS3.4 B.2.3).</param>
public sealed record ErrorDescription(ErrorCode Code, string Message, int HttpStatus, ushort DimseStatus);

/// <summary>The one table of errors. Three places translate outward: Orthanc HTTP, Slicebox HTTP, DIMSE.</summary>
public static class ErrorTable
{
    /// <summary>Processing failure (PS3.7 C.5.16 class): what has no better DIMSE status.</summary>
    private const ushort ProcessingFailure = 0x0110;

    private static readonly Dictionary<ErrorCode, ErrorDescription> Entries = Build(
    [
        new(ErrorCode.InternalError, "Internal error", 500, ProcessingFailure),
        new(ErrorCode.Success, "Success", 200, 0x0000),
        new(ErrorCode.Plugin, "Error encountered within the plugin engine", 500, ProcessingFailure),
        new(ErrorCode.NotImplemented, "Not implemented yet", 500, ProcessingFailure),
        new(ErrorCode.ParameterOutOfRange, "Parameter out of range", 400, 0xC000),
        new(ErrorCode.NotEnoughMemory, "The server hosting Orthanc is running out of memory", 500, 0xA700),
        new(ErrorCode.BadParameterType, "Bad type for a parameter", 400, ProcessingFailure),
        new(ErrorCode.BadSequenceOfCalls, "Bad sequence of calls", 500, ProcessingFailure),
        new(ErrorCode.InexistentItem, "Accessing an inexistent item", 404, ProcessingFailure),
        new(ErrorCode.BadRequest, "Bad request", 400, 0xC000),
        new(ErrorCode.NetworkProtocol, "Error in the network protocol", 500, ProcessingFailure),
        new(ErrorCode.SystemCommand, "Error while calling a system command", 500, ProcessingFailure),
        new(ErrorCode.Database, "Error with the database engine", 500, 0xA700),
        new(ErrorCode.UriSyntax, "Badly formatted URI", 400, ProcessingFailure),
        new(ErrorCode.InexistentFile, "Inexistent file", 404, ProcessingFailure),
        new(ErrorCode.CannotWriteFile, "Cannot write to file", 500, 0xA700),
        new(ErrorCode.BadFileFormat, "Bad file format", 400, 0xC000),
        new(ErrorCode.Timeout, "Timeout", 500, ProcessingFailure),
        new(ErrorCode.UnknownResource, "Unknown resource", 404, ProcessingFailure),
        new(ErrorCode.IncompatibleDatabaseVersion, "Incompatible version of the database", 500, ProcessingFailure),
        new(ErrorCode.FullStorage, "The file storage is full", 507, 0xA700),
        new(ErrorCode.CorruptedFile, "Corrupted file (e.g. inconsistent MD5 hash)", 500, ProcessingFailure),
        new(ErrorCode.InexistentTag, "Inexistent tag", 404, ProcessingFailure),
        new(ErrorCode.ReadOnly, "Cannot modify a read-only data structure", 500, ProcessingFailure),
        new(ErrorCode.IncompatibleImageFormat, "Incompatible format of the images", 500, ProcessingFailure),
        new(ErrorCode.IncompatibleImageSize, "Incompatible size of the images", 500, ProcessingFailure),
        new(ErrorCode.SharedLibrary, "Error while using a shared library (plugin)", 500, ProcessingFailure),
        new(ErrorCode.UnknownPluginService, "Plugin invoking an unknown service", 500, ProcessingFailure),
        new(ErrorCode.UnknownDicomTag, "Unknown DICOM tag", 500, ProcessingFailure),
        new(ErrorCode.BadJson, "Cannot parse a JSON document", 400, 0xC000),
        new(ErrorCode.Unauthorized, "Bad credentials were provided to an HTTP request", 401, ProcessingFailure),
        new(ErrorCode.BadFont, "Badly formatted font file", 500, ProcessingFailure),
        new(ErrorCode.DatabasePlugin, "The plugin implementing a custom database back-end does not fulfill the proper interface", 500, ProcessingFailure),
        new(ErrorCode.StorageAreaPlugin, "Error in the plugin implementing a custom storage area", 500, ProcessingFailure),
        new(ErrorCode.EmptyRequest, "The request is empty", 500, ProcessingFailure),
        new(ErrorCode.NotAcceptable, "Cannot send a response which is acceptable according to the Accept HTTP header", 406, ProcessingFailure),
        new(ErrorCode.NullPointer, "Cannot handle a NULL pointer", 500, ProcessingFailure),
        new(ErrorCode.DatabaseUnavailable, "The database is currently not available (probably a transient situation)", 503, ProcessingFailure),
        new(ErrorCode.CanceledJob, "This job was canceled", 500, ProcessingFailure),
        new(ErrorCode.BadGeometry, "Geometry error encountered in Stone", 500, ProcessingFailure),
        new(ErrorCode.SslInitialization, "Cannot initialize SSL encryption, check out your certificates", 500, ProcessingFailure),
        new(ErrorCode.DiscontinuedAbi, "Calling a function that has been removed from the Orthanc Framework", 500, ProcessingFailure),
        new(ErrorCode.BadRange, "Incorrect range request", 416, ProcessingFailure),
        new(ErrorCode.DatabaseCannotSerialize, "Database could not serialize access due to concurrent update, the transaction should be retried", 503, ProcessingFailure),
        new(ErrorCode.Revision, "A bad revision number was provided, which might indicate conflict between multiple writers", 409, ProcessingFailure),
        new(ErrorCode.MainDicomTagsMultiplyDefined, "A main DICOM Tag has been defined multiple times for the same resource level", 500, ProcessingFailure),
        new(ErrorCode.ForbiddenAccess, "Access to a resource is forbidden", 403, ProcessingFailure),
        new(ErrorCode.DuplicateResource, "Duplicate resource", 409, ProcessingFailure),
        new(ErrorCode.SqliteNotOpened, "SQLite: The database is not opened", 500, ProcessingFailure),
        new(ErrorCode.SqliteAlreadyOpened, "SQLite: Connection is already open", 500, ProcessingFailure),
        new(ErrorCode.SqliteCannotOpen, "SQLite: Unable to open the database", 500, ProcessingFailure),
        new(ErrorCode.SqliteStatementAlreadyUsed, "SQLite: This cached statement is already being referred to", 500, ProcessingFailure),
        new(ErrorCode.SqliteExecute, "SQLite: Cannot execute a command", 500, ProcessingFailure),
        new(ErrorCode.SqliteRollbackWithoutTransaction, "SQLite: Rolling back a nonexistent transaction (have you called Begin()?)", 500, ProcessingFailure),
        new(ErrorCode.SqliteCommitWithoutTransaction, "SQLite: Committing a nonexistent transaction", 500, ProcessingFailure),
        new(ErrorCode.SqliteRegisterFunction, "SQLite: Unable to register a function", 500, ProcessingFailure),
        new(ErrorCode.SqliteFlush, "SQLite: Unable to flush the database", 500, ProcessingFailure),
        new(ErrorCode.SqliteCannotRun, "SQLite: Cannot run a cached statement", 500, ProcessingFailure),
        new(ErrorCode.SqliteCannotStep, "SQLite: Cannot step over a cached statement", 500, ProcessingFailure),
        new(ErrorCode.SqliteBindOutOfRange, "SQLite: Bing a value while out of range (serious error)", 500, ProcessingFailure),
        new(ErrorCode.SqlitePrepareStatement, "SQLite: Cannot prepare a cached statement", 500, ProcessingFailure),
        new(ErrorCode.SqliteTransactionAlreadyStarted, "SQLite: Beginning the same transaction twice", 500, ProcessingFailure),
        new(ErrorCode.SqliteTransactionCommit, "SQLite: Failure when committing the transaction", 500, ProcessingFailure),
        new(ErrorCode.SqliteTransactionBegin, "SQLite: Cannot start a transaction", 500, ProcessingFailure),
        new(ErrorCode.DirectoryOverFile, "The directory to be created is already occupied by a regular file", 500, ProcessingFailure),
        new(ErrorCode.FileStorageCannotWrite, "Unable to create a subdirectory or a file in the file storage", 500, 0xA700),
        new(ErrorCode.DirectoryExpected, "The specified path does not point to a directory", 500, ProcessingFailure),
        new(ErrorCode.HttpPortInUse, "The TCP port of the HTTP server is privileged or already in use", 500, ProcessingFailure),
        new(ErrorCode.DicomPortInUse, "The TCP port of the DICOM server is privileged or already in use", 500, ProcessingFailure),
        new(ErrorCode.BadHttpStatusInRest, "This HTTP status is not allowed in a REST API", 500, ProcessingFailure),
        new(ErrorCode.RegularFileExpected, "The specified path does not point to a regular file", 500, ProcessingFailure),
        new(ErrorCode.PathToExecutable, "Unable to get the path to the executable", 500, ProcessingFailure),
        new(ErrorCode.MakeDirectory, "Cannot create a directory", 500, ProcessingFailure),
        new(ErrorCode.BadApplicationEntityTitle, "An application entity title (AET) cannot be empty or be longer than 16 characters", 500, ProcessingFailure),
        new(ErrorCode.NoCFindHandler, "No request handler factory for DICOM C-FIND SCP", 500, ProcessingFailure),
        new(ErrorCode.NoCMoveHandler, "No request handler factory for DICOM C-MOVE SCP", 500, ProcessingFailure),
        new(ErrorCode.NoCStoreHandler, "No request handler factory for DICOM C-STORE SCP", 500, ProcessingFailure),
        new(ErrorCode.NoApplicationEntityFilter, "No application entity filter", 500, ProcessingFailure),
        new(ErrorCode.NoSopClassOrInstance, "DicomUserConnection: Unable to find the SOP class and instance", 500, 0xA900),
        new(ErrorCode.NoPresentationContext, "DicomUserConnection: No acceptable presentation context for modality", 500, ProcessingFailure),
        new(ErrorCode.DicomFindUnavailable, "DicomUserConnection: The C-FIND command is not supported by the remote SCP", 500, ProcessingFailure),
        new(ErrorCode.DicomMoveUnavailable, "DicomUserConnection: The C-MOVE command is not supported by the remote SCP", 500, ProcessingFailure),
        new(ErrorCode.CannotStoreInstance, "Cannot store an instance", 500, ProcessingFailure),
        new(ErrorCode.CreateDicomNotString, "Only string values are supported when creating DICOM instances", 400, ProcessingFailure),
        new(ErrorCode.CreateDicomOverrideTag, "Trying to override a value inherited from a parent module", 400, ProcessingFailure),
        new(ErrorCode.CreateDicomUseContent, "Use \"Content\" to inject an image into a new DICOM instance", 400, ProcessingFailure),
        new(ErrorCode.CreateDicomNoPayload, "No payload is present for one instance in the series", 400, ProcessingFailure),
        new(ErrorCode.CreateDicomUseDataUriScheme, "The payload of the DICOM instance must be specified according to Data URI scheme", 400, ProcessingFailure),
        new(ErrorCode.CreateDicomBadParent, "Trying to attach a new DICOM instance to an inexistent resource", 400, ProcessingFailure),
        new(ErrorCode.CreateDicomParentIsInstance, "Trying to attach a new DICOM instance to an instance (must be a series, study or patient)", 400, ProcessingFailure),
        new(ErrorCode.CreateDicomParentEncoding, "Unable to get the encoding of the parent resource", 500, ProcessingFailure),
        new(ErrorCode.UnknownModality, "Unknown modality", 500, ProcessingFailure),
        new(ErrorCode.BadJobOrdering, "Bad ordering of filters in a job", 500, ProcessingFailure),
        new(ErrorCode.JsonToLuaTable, "Cannot convert the given JSON object to a Lua table", 500, ProcessingFailure),
        new(ErrorCode.CannotCreateLua, "Cannot create the Lua context", 500, ProcessingFailure),
        new(ErrorCode.CannotExecuteLua, "Cannot execute a Lua command", 500, ProcessingFailure),
        new(ErrorCode.LuaAlreadyExecuted, "Arguments cannot be pushed after the Lua function is executed", 500, ProcessingFailure),
        new(ErrorCode.LuaBadOutput, "The Lua function does not give the expected number of outputs", 500, ProcessingFailure),
        new(ErrorCode.NotLuaPredicate, "The Lua function is not a predicate (only true/false outputs allowed)", 500, ProcessingFailure),
        new(ErrorCode.LuaReturnsNoString, "The Lua function does not return a string", 500, ProcessingFailure),
        new(ErrorCode.StorageAreaAlreadyRegistered, "Another plugin has already registered a custom storage area", 500, ProcessingFailure),
        new(ErrorCode.DatabaseBackendAlreadyRegistered, "Another plugin has already registered a custom database back-end", 500, ProcessingFailure),
        new(ErrorCode.DatabaseNotInitialized, "Plugin trying to call the database during its initialization", 500, ProcessingFailure),
        new(ErrorCode.SslDisabled, "Orthanc has been built without SSL support", 500, ProcessingFailure),
        new(ErrorCode.CannotOrderSlices, "Unable to order the slices of the series", 500, ProcessingFailure),
        new(ErrorCode.NoWorklistHandler, "No request handler factory for DICOM C-Find Modality SCP", 500, ProcessingFailure),
        new(ErrorCode.AlreadyExistingTag, "Cannot override the value of a tag that already exists", 500, ProcessingFailure),
        new(ErrorCode.NoStorageCommitmentHandler, "No request handler factory for DICOM N-ACTION SCP (storage commitment)", 500, ProcessingFailure),
        new(ErrorCode.NoCGetHandler, "No request handler factory for DICOM C-GET SCP", 500, ProcessingFailure),
        new(ErrorCode.UnsupportedMediaType, "Unsupported media type", 415, ProcessingFailure),
    ]);

    /// <summary>Every entry, in the order of the codes.</summary>
    public static IEnumerable<ErrorDescription> All => Entries.Values;

    public static ErrorDescription Of(ErrorCode code) => Entries.TryGetValue(code, out ErrorDescription? entry) ? entry : Entries[ErrorCode.InternalError];

    private static Dictionary<ErrorCode, ErrorDescription> Build(ErrorDescription[] entries)
    {
        Dictionary<ErrorCode, ErrorDescription> table = new(entries.Length);
        foreach (ErrorDescription entry in entries)
        {
            table.Add(entry.Code, entry);
        }

        return table;
    }
}
